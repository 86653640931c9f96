"""Texts of a report that are written once and read in another order: in a file, so that memory stays small."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

Key = tuple[Any, ...]
"""What a text is, then which."""
Place = tuple[int, int, int]
"""Number of the file, offset in it, and bytes."""
_BUFFER = 1 << 18


class Spool:
    """Keeps texts by key in a temporary file that goes with it."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file or temporary_file()
        self._files = [self._file]
        self._places: dict[Key, Place] = {}
        self._end = 0
        self._flushed = 0
        """Bytes that are in the file and no longer in its buffer."""

    def put(self, key: Key, text: str) -> None:
        """Keep a text; a key that is known keeps its first one, and an empty text is that of any unknown key."""
        if text and key not in self._places:
            data = text.encode("utf-8", "backslashreplace")
            self._file.write(data)
            self._places[key] = (0, self._end, len(data))
            self._end += len(data)

    def put_again(self, key: Key, known: Key) -> None:
        """Keep for a key the text of another one."""
        if known in self._places:
            self._places.setdefault(key, self._places[known])

    def are_same(self, key: Key, other: Key) -> bool:
        """Check whether two keys have the same text; those of `put_again` are not read for it."""
        return self._places.get(key) == self._places.get(other) or self.get(key) == self.get(other)

    def get(self, key: Key) -> str:
        """Return a text; empty for a key that is not known."""
        place = self._places.get(key)
        if place is None:
            return ""
        number, begin, length = place
        if number == 0 and begin + length > self._flushed:
            self._file.flush()
            self._flushed = self._end
        # One call of the system where seeking there, reading, and seeking back takes three.
        return os.pread(self._files[number].fileno(), length, begin).decode()

    def size(self, key: Key) -> int:
        """Return the bytes of a text."""
        return self._places.get(key, (0, 0, 0))[2]

    def places(self) -> dict[Key, Place]:
        """Return where each text is, once all are in the file."""
        self._file.flush()
        return self._places

    def merge(self, file: BinaryIO, places: Mapping[Key, Place]) -> None:
        """Add the texts of another spool's file; a key that is known keeps its first text."""
        number = len(self._files)
        self._files.append(file)
        for key, (_, begin, length) in places.items():
            self._places.setdefault(key, (number, begin, length))

    def close(self) -> None:
        """Delete the temporary file."""
        for file in self._files:
            file.close()


def temporary_file() -> BinaryIO:
    """Return a new file without a name."""
    return cast(BinaryIO, tempfile.TemporaryFile("w+b", _BUFFER))
