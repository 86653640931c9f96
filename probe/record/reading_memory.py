"""Memory of a process that reads records: what is freed is needed again for the next line."""

from __future__ import annotations

import atexit
import ctypes
import gc

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_TRIMMED = 64 << 20
"""Bytes that may be free at the end of the heap; by default 128 KiB go back to the kernel, and each page that is
asked for again costs a fault: a fifth of the time in which a record is read."""
_MAPPED = 16 << 20
"""Bytes from which an allocation gets pages of its own."""


_ALLOCATED = 200_000
"""Objects after which Python looks for cycles. A stream has thousands of events at once, and none of them has any."""


def tune_memory() -> None:
    """Make glibc keep what is freed (other C libraries do as they like), and look for cycles less often."""
    gc.set_threshold(_ALLOCATED, 20, 100)
    # What is loaded by now stays, and at the end all goes: neither has to be searched, for fifty milliseconds.
    gc.freeze()
    atexit.register(gc.freeze)
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_M_MMAP_THRESHOLD, _MAPPED)
    mallopt(_M_TRIM_THRESHOLD, _TRIMMED)
    mallopt(_M_TOP_PAD, 1 << 20)


def give_back_memory() -> None:
    """Return free memory to the system, after a record was read."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return
