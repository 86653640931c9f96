"""An object of a store as a file that is read where it is, by ranges."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from probe.store.store import Store

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SMALLEST, _LARGEST = 64 << 10, 8 << 20


class RangeFile(io.RawIOBase):
    """Reads an object by ranges, which grow from 64 KiB to 8 MiB while they follow one another."""

    def __init__(self, store: Store, name: str, size: int, stamp: str | None = None) -> None:
        super().__init__()
        self._store, self._object, self._size, self._stamp = store, name, size, stamp
        self._at = self._begin = 0
        self._block = b""
        self._next = _SMALLEST

    def readable(self) -> bool:
        """Check whether it can be read: it can."""
        return True

    def seekable(self) -> bool:
        """Check whether it can be read from any offset: it can."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset; return it."""
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        """Return the offset."""
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what fits into a buffer; return how many bytes that is. Raises FileNotFoundError and UserError."""
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not view:
            return 0
        if not self._begin <= self._at < self._begin + len(self._block):
            self._fetch(len(view))
        start = self._at - self._begin
        data = self._block[start : start + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _fetch(self, wanted: int) -> None:
        follows = self._block and self._at == self._begin + len(self._block)
        self._next = min(2 * self._next, _LARGEST) if follows else _SMALLEST
        length = min(max(self._next, wanted), self._size - self._at)
        self._block = self._store.read_range(self._object, self._at, length, self._stamp)
        self._begin = self._at
        if len(self._block) < length:
            raise EOFError(
                f"{self._store.url}/{self._object} ends at {self._at + len(self._block)} of {self._size} bytes"
            )
