"""Storage for a decoded or redacted copy of a body."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

IN_MEMORY = 1 << 20
"""Up to this size a copy is in memory, beyond it in a file."""
_CHUNK = 1 << 18


class Spool:
    """Bytes in order, in memory while they are few and in an unnamed 0600 file when they are many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.size = 0

    def append(self, data: bytes) -> None:
        """Add bytes. Raises OSError and keeps none of them when the disk is full."""
        if self._file is None and self.size + len(data) > IN_MEMORY:
            file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed by close()
            for chunk in self._chunks:
                _write_all(file, chunk)
            self._file, self._chunks = file, []
        if self._file is None:
            self._chunks.append(data)
        else:
            self._file.seek(self.size)
            try:
                _write_all(self._file, data)
            except OSError:
                self._file.truncate(self.size)
                raise
        self.size += len(data)

    def __iter__(self) -> Iterator[bytes]:
        """Yield all bytes in order, in chunks."""
        if self._file is None:
            # Joined: each chunk costs the reader.
            self._chunks = [b"".join(self._chunks)]
            yield from self._chunks
            return
        position = 0
        while position < self.size:
            self._file.seek(position)
            data = self._file.read(_CHUNK)
            position += len(data)
            yield data

    def close(self) -> None:
        """Release memory and disk space."""
        self._chunks = []
        if self._file is not None:
            self._file.close()


def _write_all(file: IO[bytes], data: bytes) -> None:
    """Write all of `data`: an unbuffered write may be partial."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
