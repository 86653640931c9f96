"""Writers of a run in formats of other programs; each has `export(run, target, out)`."""
