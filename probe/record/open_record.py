"""The one place that opens a record for reading; an offset is always one in the bytes of `traffic.jsonl`."""

from __future__ import annotations

import contextlib
import hashlib
import io
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from probe.record.files import is_plain, open_plain


def open_record(path: Path, buffering: int = io.DEFAULT_BUFFER_SIZE) -> io.BufferedReader:
    """Open a record for reading from any offset. Raises OSError for what is no plain file."""
    return open_plain(path, buffering)


def read_range(path: Path, offset: int, length: int) -> bytes:
    """Return some bytes of a record."""
    with open_record(path) as file:
        file.seek(offset)
        return file.read(length)


@contextlib.contextmanager
def mapped(file: BinaryIO, start: int, end: int) -> Iterator[tuple[mmap.mmap, int]]:
    """Map a part of an open record; yield the map and where the part begins in it."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data, start


def record_size(path: Path) -> int:
    """Return how many bytes a record has. Raises OSError when there is none."""
    return path.lstat().st_size


def record_sha256(path: Path) -> str | None:
    """Return the SHA-256 of a record's bytes; None when there is none."""
    if not is_plain(path):
        return None
    with open_record(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
