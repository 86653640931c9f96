"""The table at the end of a compressed record, by which each of its frames is found; zstd's seekable format.

https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from probe.errors import UserError

LARGEST = 64 << 20
"""Bytes of a frame's content that are read, since it is decompressed as a whole; another program's may have more."""
_SKIPPABLE, _SKIPPABLE_MASK = 0x184D2A50, 0xFFFFFFF0
_TABLE, _SEEKABLE, _ZSTD = 0x184D2A5E, 0x8F92EAB1, 0xFD2FB528
_HEAD, _ENTRY, _FOOTER = struct.Struct("<II"), struct.Struct("<II"), struct.Struct("<IBI")
_CHECKSUMS, _RESERVED = 0x80, 0x7C
_RLE, _NO_BLOCK = 1, 3


class DamagedRecordError(UserError):
    """A compressed record that cannot be read whole."""

    def __init__(self, message: str, hint: str | None = None, *, code: int = 1) -> None:
        super().__init__(message, hint or "restore the file from a copy; what is before that place is whole", code=code)


class Frame(NamedTuple):
    """A part of a record that is decompressed without the others."""

    number: int
    """From 1."""
    place: int
    """Where it begins in the file."""
    size: int
    offset: int
    """Of its first byte in the record."""
    length: int


def frames_of(sizes: Iterable[tuple[int, int]]) -> list[Frame]:
    """Return frames in their order, from the size and the length of each."""
    frames, place, offset = [], 0, 0
    for number, (size, length) in enumerate(sizes, 1):
        frames.append(Frame(number, place, size, offset, length))
        place, offset = place + size, offset + length
    return frames


def table_bytes(frames: Iterable[Frame]) -> bytes:
    """Return the table of a file's frames, which follows them. Each program that does not know it skips it."""
    entries = [_ENTRY.pack(one.size, one.length) for one in frames]
    body = b"".join([*entries, _FOOTER.pack(len(entries), 0, _SEEKABLE)])
    return _HEAD.pack(_TABLE, len(body)) + body


def read_table(file: BinaryIO, name: str) -> list[Frame]:
    """Return the frames of a file. Raises DamagedRecordError when its table is missing, or does not fit it."""
    size = file.seek(0, os.SEEK_END)
    frames = _read_table(file, size)
    if frames is None:
        raise _without_table(file, name, size)
    for frame in frames:
        if frame.length > LARGEST:
            text = f"{name}: frame {frame.number} holds {frame.length:,} bytes; up to {LARGEST:,} can be read"
            raise DamagedRecordError(text, "decompress it with: zstd -d")
    return frames


def _read_table(file: BinaryIO, size: int) -> list[Frame] | None:
    if size < _HEAD.size + _FOOTER.size:
        return None
    file.seek(size - _FOOTER.size)
    count, flags, magic = _FOOTER.unpack(file.read(_FOOTER.size))
    step = _ENTRY.size + (4 if flags & _CHECKSUMS else 0)
    length = count * step + _FOOTER.size
    if magic != _SEEKABLE or flags & _RESERVED or _HEAD.size + length > size:
        return None
    file.seek(size - length - _HEAD.size)
    head = _HEAD.unpack(file.read(_HEAD.size))
    data = file.read(count * step)
    frames = frames_of(_ENTRY.unpack_from(data, number * step) for number in range(count))
    end = frames[-1].place + frames[-1].size if frames else 0
    return frames if head == (_TABLE, length) and end == size - length - _HEAD.size else None


def _without_table(file: BinaryIO, name: str, size: int) -> DamagedRecordError:
    """Return what is wrong with a file that has no table of its frames, or a wrong one."""
    number, place = 1, 0
    while place < size:
        end = _frame_end(file, place, size)
        if end is None:
            text = f"{name} is cut short or damaged in frame {number}, which begins at byte {place:,} of {size:,}"
            return DamagedRecordError(text)
        number, place = number + 1, end
    return DamagedRecordError(f"{name} has no table of its frames", "decompress it with: zstd -d")


def _frame_end(file: BinaryIO, place: int, size: int) -> int | None:
    """Return where a frame ends; None when it is none, or not whole. RFC 8878, section 3.1."""
    file.seek(place)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    magic, length = _HEAD.unpack_from(head)
    if magic & _SKIPPABLE_MASK == _SKIPPABLE:
        end = place + _HEAD.size + length
        return end if end <= size else None
    if magic != _ZSTD:
        return None
    flags = head[4]
    single = flags >> 5 & 1
    end = place + 6 - single + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
    last = 0
    while not last:
        file.seek(end)
        block = int.from_bytes(read, "little") if len(read := file.read(3)) == 3 else _NO_BLOCK << 1
        last, kind, length = block & 1, block >> 1 & 3, block >> 3
        if kind == _NO_BLOCK:
            return None
        end += 3 + (1 if kind == _RLE else length)
    end += 4 if flags & 4 else 0
    return end if end <= size else None
