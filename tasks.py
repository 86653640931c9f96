"""The tasks of `invoke`, in this checkout; the installed command `probe` has the same."""

from probe.cli.tasks import namespace

__all__ = ["namespace"]
