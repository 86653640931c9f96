"""`traffic.lines`: where the lines of a record in a bucket begin, so that one is read without those before it."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path

from probe.record.open_record import open_record, record_size
from probe.record.remote_pointer import pointer_of
from probe.store.store import store_at

LINES = "traffic.lines"
_BLOCK = 4 << 20


def line_index(record: Path) -> bytes:
    """Return where a record's lines begin, and its size: eight bytes each, the lowest first."""
    starts, size = array("Q", [0]), 0
    with open_record(record) as file:
        while block := file.read(_BLOCK):
            add_starts(starts, block, size)
            size += len(block)
    starts.append(size)
    return _little(starts).tobytes()


def add_starts(starts: array[int], block: bytes, offset: int) -> None:
    """Add the lines that begin behind a line end in a block, which is at an offset of the record."""
    end = block.find(b"\n")
    while end >= 0:
        starts.append(offset + end + 1)
        end = block.find(b"\n", end + 1)


def noted_starts(record: Path) -> tuple[array[int], int] | None:
    """Return where the lines of a record in a bucket begin, and its size; None where nobody noted it."""
    pointer = pointer_of(record)
    if pointer is None or LINES not in pointer.stamps:
        return None
    data = store_at(pointer.url).read(LINES) or b""
    starts = array("Q")
    if len(data) < 2 * starts.itemsize or len(data) % starts.itemsize:
        return None
    starts.frombytes(data)
    size = _little(starts).pop()
    return (starts, size) if size == record_size(record) else None


def _little(numbers: array[int]) -> array[int]:
    """Return numbers with the lowest byte first, or back."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
