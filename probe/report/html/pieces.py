"""The content of a page: pieces that are kept once, in chunks that a browser reads one at a time."""

from __future__ import annotations

import base64
import os
import zlib
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import IntEnum
from typing import Protocol

from probe.report.html.opaque_texts import opaque_texts
from probe.report.markdown.spool import temporary_file

CHUNK = 1 << 18
"""Bytes from which a chunk is full. A larger piece is a chunk of its own."""
_WAITING = 4
"""Chunks that may wait to be compressed: they are in memory."""


class Lane(IntEnum):
    """What a chunk holds: what is read together lies together, and like compresses with like."""

    ITEMS = 0
    """Items as they were sent, each with its blocks, which compress well behind it."""
    ANSWERS = 1
    BODIES = 2
    DETAILS = 3
    OPAQUE = 4
    """Long texts of base64: the codes that suit them suit nothing else."""


class Keeper(Protocol):
    """Keeps pieces."""

    def put(self, number: int, lane: Lane, data: bytes) -> None:
        """Keep a piece; numbers count up from 0."""


class Pieces:
    """Numbers pieces; equal ones are one. Of their content, only hashes stay in memory."""

    def __init__(self, keeper: Keeper) -> None:
        self.lengths = array("Q")
        """Bytes of each that are kept with it."""
        self.holes: list[Sequence[int]] = []
        """Pieces of which texts are kept as pieces of their own: its number, then the place and the piece of each."""
        self._keeper = keeper
        self._numbers: dict[int, int] = {}

    def add(self, data: bytes, lane: Lane) -> int:
        """Return the number of a piece, which is kept if it is new."""
        number = self._numbers.setdefault(key_of(data), len(self.lengths))
        if number == len(self.lengths):
            opaque = [] if lane is Lane.OPAQUE else [*opaque_texts(data)]
            if opaque and opaque[0] != (0, len(data)):
                self._add_with_holes(number, data, lane, opaque)
            else:
                self._keep(number, data, lane)
        return number

    def _keep(self, number: int, data: bytes, lane: Lane) -> None:
        self.lengths.append(len(data))
        self._keeper.put(number, lane, data)

    def _add_with_holes(self, number: int, data: bytes, lane: Lane, holes: Sequence[tuple[int, int]]) -> None:
        """Keep a piece without texts that come again in others: an answer, the same within a stream, and as sent."""
        ends = [0, *(end for _, end in holes)]
        begins = [*(begin for begin, _ in holes), len(data)]
        self._keep(number, b"".join(data[end:begin] for end, begin in zip(ends, begins, strict=True)), lane)
        found = [number]
        for begin, end in holes:
            found += (begin, self.add(data[begin:end], Lane.OPAQUE))
        self.holes.append(found)

    def find(self, data: bytes) -> int | None:
        """Return the number of a piece; None for one that is not known."""
        return self._numbers.get(key_of(data))


def key_of(data: bytes) -> int:
    """Return a number that only equal bytes share, in this process."""
    # Python's hash of bytes is keyed by a secret of this process: nobody can make two that are alike.
    return len(data) << 64 | hash(data) & 0xFFFF_FFFF_FFFF_FFFF


class _OpenChunk:
    """A chunk that is not full yet."""

    __slots__ = ("data", "ranges")

    def __init__(self) -> None:
        self.data = bytearray()
        self.ranges: list[int] = []


class Chunks:
    """Keeps pieces in compressed chunks, in a temporary file. Another thread compresses, which Python lets run."""

    def __init__(self) -> None:
        self.ranges: list[Sequence[int]] = []
        """Numbers of the pieces in each chunk, as ranges."""
        self.lanes: list[Lane] = []
        """Lane of each chunk."""
        self._open: dict[Lane, _OpenChunk] = {}
        self._file = temporary_file()
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[int]] = deque()
        self._sizes: list[int] = []

    def put(self, number: int, lane: Lane, data: bytes) -> None:
        """Keep a piece."""
        chunk = self._open.setdefault(lane, _OpenChunk())
        chunk.data += data
        add_to_ranges(chunk.ranges, number)
        if len(chunk.data) >= CHUNK:
            self._end(lane)

    def _end(self, lane: Lane) -> None:
        chunk = self._open.pop(lane)
        self.ranges.append(chunk.ranges)
        self.lanes.append(lane)
        if len(self._waiting) >= _WAITING:
            self._sizes.append(self._waiting.popleft().result())
        self._waiting.append(self._thread.submit(self._write, chunk.data))

    def _write(self, data: bytearray) -> int:
        return self._file.write(packed(data))

    def packed(self, data: bytes) -> str:
        """Return data as the page holds it, compressed by the same thread."""
        return self._thread.submit(packed, data).result().decode()

    def finish(self) -> None:
        """End all chunks, and wait until they are written."""
        for lane in sorted(self._open):
            self._end(lane)
        self._sizes += [one.result() for one in self._waiting]
        self._waiting.clear()
        self._file.flush()

    def texts(self) -> Iterator[bytes]:
        """Yield the text of each chunk, once they are finished."""
        begin = 0
        for size in self._sizes:
            yield os.pread(self._file.fileno(), size, begin)
            begin += size

    def close(self) -> None:
        """Delete the temporary file."""
        self._thread.shutdown(cancel_futures=True)
        self._file.close()


class LoosePieces:
    """Keeps pieces so that each can be read at any time, in a temporary file."""

    def __init__(self) -> None:
        self._file = temporary_file()
        self._begins = array("Q", [0])

    def put(self, number: int, lane: Lane, data: bytes) -> None:
        """Keep a piece."""
        self._file.write(data)
        self._begins.append(self._begins[number] + len(data))

    def read(self, first: int, last: int) -> bytes:
        """Return some pieces in a row. Raises IndexError for a number that is not known."""
        self._file.flush()
        begin, end = self._begins[first], self._begins[last + 1]
        return os.pread(self._file.fileno(), end - begin, begin)

    def close(self) -> None:
        """Delete the temporary file."""
        self._file.close()


def packed(data: bytes | bytearray) -> bytes:
    """Return data as a page holds it: compressed, and as text that no HTML parser takes for anything else."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return base64.b64encode(deflate.compress(data) + deflate.flush())


def add_to_ranges(ranges: list[int], number: int) -> None:
    """Add a number to numbers that are kept as pairs of first and last."""
    if ranges and ranges[-1] == number - 1:
        ranges[-1] = number
    else:
        ranges += (number, number)
