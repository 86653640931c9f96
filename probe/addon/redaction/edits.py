"""Edits of bytes, and chunks of bytes joined to blocks."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol


class Edit:
    """One redacted place: its start and length in the original, and its replacement (bytes)."""

    __slots__ = ("length", "new", "start")

    def __init__(self, start: int, length: int, new: bytes) -> None:
        self.start, self.length, self.new = start, length, new


class Edits(Protocol):
    """What takes edits, in order."""

    def append(self, edit: Edit, /) -> None:
        """Add an edit."""

    def __len__(self) -> int:
        """Return how many there are."""


class Places:
    """Where edits were made, in little memory: a body of hundreds of megabytes may have millions."""

    def __init__(self, edits: Iterable[Edit] = ()) -> None:
        self._starts, self._lengths, self._new_lengths = array("Q"), array("Q"), array("Q")
        for edit in edits:
            self.append(edit)

    def append(self, edit: Edit, /) -> None:
        """Add the place of an edit."""
        self._starts.append(edit.start)
        self._lengths.append(edit.length)
        self._new_lengths.append(len(edit.new))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._starts)

    def moved(self, offsets: Sequence[int]) -> Sequence[int]:
        """Return ascending offsets of a text as offsets of the edited text; inside an edit, that edit's start."""
        if not self:
            return offsets
        moved, shift, index = array("Q"), 0, 0
        for offset in offsets:
            while index < len(self) and self._starts[index] + self._lengths[index] <= offset:
                shift += self._new_lengths[index] - self._lengths[index]
                index += 1
            inside = index < len(self) and self._starts[index] < offset
            moved.append((self._starts[index] if inside else offset) + shift)
        return moved


def applied(data: bytes, edits: list[Edit]) -> bytes:
    """Return `data` with the edits applied."""
    out, position = [], 0
    for edit in edits:
        out += [data[position : edit.start], edit.new]
        position = edit.start + edit.length
    return b"".join([*out, data[position:]])


def in_blocks(chunks: Iterable[bytes], size: int = 1 << 18) -> Iterator[bytes]:
    """Yield small chunks joined to blocks: every search and every write has a fixed cost."""
    block: list[bytes] = []
    length = 0
    for chunk in chunks:
        block.append(chunk)
        length += len(chunk)
        if length >= size:
            yield b"".join(block)
            block, length = [], 0
    if block:
        yield b"".join(block)
