"""Texts of a report that are written once and read in another order: in a file, so that memory stays small."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable


class Spool:
    """Keeps texts by key in a temporary file that goes with it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - it lives as long as the spool
        self._places: dict[Hashable, tuple[int, int]] = {}
        self._end = 0

    def put(self, key: Hashable, text: str) -> None:
        """Keep a text; a key that is known keeps its first one."""
        if key not in self._places:
            data = text.encode("utf-8", "backslashreplace")
            self._file.write(data)
            self._places[key] = (self._end, len(data))
            self._end += len(data)

    def get(self, key: Hashable) -> str:
        """Return a text; empty for a key that is not known."""
        if key not in self._places:
            return ""
        begin, length = self._places[key]
        self._file.seek(begin)
        data = self._file.read(length)
        self._file.seek(self._end)
        return data.decode()

    def size(self, key: Hashable) -> int:
        """Return the bytes of a text."""
        return self._places.get(key, (0, 0))[1]

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()
