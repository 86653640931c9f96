"""The tasks of `invoke`, in this checkout; the installed command `probe` has the same."""

from probe.tasks.collection import namespace

__all__ = ["namespace"]
