"""Open files of a run safely: its agent may have replaced them with links, pipes or devices."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import stat
from collections.abc import Iterator
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import TextIO

from probe.addon.plain_files import open_folder, plain_fd

_WRITE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def is_plain(path: Path) -> bool:
    """Check whether there is a plain file at a path, in a folder that is not a link."""
    try:
        return not path.parent.is_symlink() and stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def open_plain(path: Path, buffering: int = io.DEFAULT_BUFFER_SIZE) -> BufferedReader:
    """Open a plain file for reading. Raises OSError for anything else; follows no link, waits for no pipe."""
    return io.BufferedReader(io.FileIO(plain_fd(path, os.O_RDONLY)), buffering)


@contextlib.contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Open a 0600 text file for writing, as `private_bytes` does."""
    with private_bytes(path) as file:
        # A command line may hold bytes that are not UTF-8.
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace")
        yield text
        text.flush()
        text.detach()


@contextlib.contextmanager
def private_bytes(path: Path, *, synced: bool = False) -> Iterator[BufferedRandom]:
    """Open a 0600 file for writing, so that a reader sees the old content or the whole new one, never a part.

    Anything at the path is replaced; the folder must not be a link. `synced` waits until all of it is on the disk.
    """
    # Random: an attacker who guesses the name could create a link first.
    new = f".{path.name}.{secrets.token_hex(8)}"
    folder = open_folder(path.parent)
    try:
        with _named(path):
            fd = os.open(new, _WRITE, 0o600, dir_fd=folder)
        with os.fdopen(fd, "w+b") as file:
            yield file
            file.flush()
            if synced:
                os.fsync(fd)
        with _named(path):
            os.replace(new, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        if synced:
            os.fsync(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise
    finally:
        os.close(folder)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Replace the path in an error by the file that the caller named."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file as a whole."""
    with private_file(path) as file:
        file.write(text)


def file_sha256(path: Path) -> str | None:
    """Return the SHA-256 of a plain file; None when there is none."""
    if not is_plain(path):
        return None
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
