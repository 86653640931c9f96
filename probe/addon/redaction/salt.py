"""The key of the redaction tags: a file of random bytes in the data folder."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from pathlib import Path

from probe.addon.plain_files import plain_fd, read_plain
from probe.addon.private_files import private_folder

NAME = ".redaction-salt"
_LENGTH = 32


def read_salt(path: Path) -> bytes:
    """Read the salt. Raises OSError if it is missing or invalid."""
    return _checked(read_plain(path, _LENGTH), path)


def make_salt(path: Path) -> bytes:
    """Read the salt, or create it; if several processes create it at once, one wins. Raises OSError."""
    private_folder(path.parent)
    # Not O_EXCL alone: another process would read the file before it is written.
    with os.fdopen(plain_fd(path, os.O_RDWR | os.O_CREAT), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        salt = file.read(_LENGTH + 1)
        if not salt:
            salt = secrets.token_bytes(_LENGTH)
            file.write(salt)
        return _checked(salt, path)


def _checked(salt: bytes, path: Path) -> bytes:
    if len(salt) != _LENGTH:
        raise OSError(errno.EINVAL, f"it does not hold the {_LENGTH} bytes of a salt", str(path))
    return salt
