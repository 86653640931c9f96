"""The limit on open files: a proxy has two connections and a file for each exchange under way."""

from __future__ import annotations

import contextlib
import resource

_ENOUGH = 1 << 20
"""Used where the hard limit is infinite; the system may have a lower one."""


def raise_file_limit() -> None:
    """Raise the soft limit of this process to the hard one; processes that it starts inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft not in (resource.RLIM_INFINITY, wanted):
        # macOS accepts no more than a limit of its own.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
