"""The page of a run: one file that a browser opens, with all content of the record."""
