"""Edits of bytes, and chunks of bytes joined to blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Edit:
    """One redacted place: its start and length in the original, and its replacement (bytes)."""

    __slots__ = ("length", "new", "start")

    def __init__(self, start: int, length: int, new: bytes) -> None:
        self.start, self.length, self.new = start, length, new


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
