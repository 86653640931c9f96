"""Open files only if they are plain files: an agent may replace them with links, pipes or devices."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_SAFE = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""Follow no link, and wait for no pipe."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
LARGEST_SPARSE = 1 << 30
"""A larger file with holes holds almost nothing but takes forever to read. A smaller one may be a body of zeros on a
file system that compresses."""


def plain_fd(path: Path, flags: int) -> int:
    """Open a plain file in a folder that is not a link; a new one is 0600. Raises OSError for anything else."""
    folder = open_folder(path.parent)
    try:
        fd = os.open(path.name, flags | _SAFE, 0o600, dir_fd=folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(folder)
    try:
        _refuse_others(fd, path)
    except OSError:
        os.close(fd)
        raise
    return fd


def open_folder(path: Path) -> int:
    """Return a descriptor of a folder that is not a link. Raises OSError."""
    return os.open(path, _FOLDER)


def read_plain(path: Path, largest: int) -> bytes:
    """Return the content of a plain file of at most `largest` bytes. Raises OSError for anything else."""
    with os.fdopen(plain_fd(path, os.O_RDONLY), "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EFBIG, f"it has more than {largest:,} bytes", str(path))
    return data


def _refuse_others(fd: int, path: Path) -> None:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    if status.st_size > LARGEST_SPARSE and os.lseek(fd, 0, os.SEEK_HOLE) < status.st_size:
        raise OSError(errno.EFBIG, f"it claims {status.st_size:,} bytes, but has holes", str(path))
    os.lseek(fd, 0, os.SEEK_SET)
