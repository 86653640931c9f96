"""Read a traffic.jsonl while proxies append to it, from outside of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from probe.record.exchange import UnreadExchange
from probe.record.files import is_plain
from probe.record.open_record import open_record, record_file, record_size
from probe.record.reader import read_unread

_CHUNK = 1 << 20


class GrowingRecord:
    """Yields each record once it is whole; a last line without its end is still being written."""

    def __init__(self, path: Path, on_malformed: Callable[[int, str], None] = lambda number, reason: None) -> None:
        self.path = path
        self._on_malformed = on_malformed
        self._file: tuple[int, int] | None = None
        self._begin_again()

    def _begin_again(self) -> None:
        self.read, self.lines = 0, 0
        """Bytes and lines that were read."""
        self._searched = 0
        """Bytes that were searched for the end of a line."""

    def replaced(self) -> bool:
        """Check whether another file is in its place, or a part of it is gone: `new` then begins again."""
        try:
            status = self.path.lstat()
        except OSError:
            # Compressing it changes none of its bytes.
            return self._file is not None and not is_plain(record_file(self.path))
        return self._file not in (None, (status.st_dev, status.st_ino)) or status.st_size < self.read

    def new(self) -> Iterator[UnreadExchange]:
        """Yield the records that were added since the last call. Raises OSError for what is no plain file."""
        if self.replaced():
            self._file = None
            self._begin_again()
        begin, lines = self.read, self.lines
        end, ends = self._whole_lines()
        if end > begin:
            # First, so that what is wrong with one record does not bring it back.
            self.read, self.lines = end, lines + ends
            yield from read_unread(self.path, self._on_malformed, begin, end, lines, outlined=True)

    def _whole_lines(self) -> tuple[int, int]:
        """Return where the last whole line ends, and how many whole lines are new."""
        try:
            size = record_size(self.path)
            if size == self._searched:
                return self.read, 0
            with open_record(self.path) as file:
                status = os.fstat(file.fileno())
                self._file = status.st_dev, status.st_ino
                # A writer that fails takes back what it wrote of a line.
                begin = self._searched if self.read <= self._searched <= size else self.read
                end = max((place for place, chunk in _chunks(file, begin, size) if b"\n" in chunk), default=None)
                self._searched = size
                if end is None:
                    return self.read, 0
                ends = sum(chunk.count(b"\n") for _, chunk in _chunks(file, self.read, size))
                file.seek(end)
                return end + file.read(min(_CHUNK, size - end)).rfind(b"\n") + 1, ends
        except FileNotFoundError:
            return self.read, 0


def _chunks(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield the parts of a file between two places, with where each begins."""
    file.seek(begin)
    while chunk := file.read(min(_CHUNK, end - begin)):
        yield begin, chunk
        begin += len(chunk)
