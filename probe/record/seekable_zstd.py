"""Write a record in independent zstd frames, and read it from any offset by decompressing no more than is needed."""

from __future__ import annotations

import bisect
import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from probe.record.frame_table import DamagedRecordError, Frame, frames_of, read_table, table_bytes

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FRAME = 4 << 20
"""Bytes of a record in a frame at most; docs/runs-and-files.md has the sizes that others give."""
_LEVEL = 9


def write_frames(source: BinaryIO, out: BinaryIO, most: int) -> list[Frame]:
    """Write a record compressed, with its table; return its frames, of which each holds `most` bytes or fewer."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    sizes = []
    for piece in _pieces(source, most):
        data = compressor.compress(piece)
        out.write(data)
        sizes.append((len(data), len(piece)))
    frames = frames_of(sizes)
    out.write(table_bytes(frames))
    return frames


def _pieces(source: BinaryIO, most: int) -> Iterator[bytes]:
    """Yield what becomes a frame each: whole lines, but for a line that is too long for one."""
    rest = b""
    while block := rest + source.read(most - len(rest)):
        end = block.rfind(b"\n") + 1 if len(block) == most else 0
        yield block[: end or None]
        rest = block[end:] if end else b""


class FrameReader(io.RawIOBase):
    """The record in a compressed file; offsets are those of the record. It closes the file."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self.frames = read_table(file, name)
        self._begins = [frame.offset for frame in self.frames]
        self._size = self.frames[-1].offset + self.frames[-1].length if self.frames else 0
        self._position = 0
        self._last: tuple[Frame, bytes] | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the compressed file."""
        return self._file.fileno()

    def close(self) -> None:
        """Close the file as well."""
        self._file.close()
        super().close()

    def tell(self) -> int:
        """Return the offset in the record."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset in the record."""
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(begin + offset, 0)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what one frame has from here on. Raises DamagedRecordError."""
        if self._position >= self._size:
            return 0
        frame = self.frames[bisect.bisect_right(self._begins, self._position) - 1]
        view = memoryview(buffer).cast("B")
        begin = self._position - frame.offset
        part = memoryview(self._content(frame))[begin : begin + len(view)]
        view[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _content(self, frame: Frame) -> bytes:
        """Return what is in a frame. Raises DamagedRecordError."""
        if self._last is None or self._last[0] != frame:
            self._last = None
            self._last = frame, self._decompressed(frame)
        return self._last[1]

    def _decompressed(self, frame: Frame) -> bytes:
        self._file.seek(frame.place)
        data = self._file.read(frame.size)
        try:
            # What a frame says of itself is not trusted: memory is taken by it.
            if (said := zstandard.frame_content_size(data)) not in (frame.length, -1):
                raise ValueError(f"it says that it holds {said:,} bytes")
            content = zstandard.ZstdDecompressor().decompress(data, frame.length, allow_extra_data=False)
            if len(content) != frame.length:
                raise ValueError(f"it holds {len(content):,} bytes")
        except (zstandard.ZstdError, ValueError) as error:
            where = f"bytes {frame.place:,} to {frame.place + frame.size:,}, for {frame.length:,} at offset"
            raise DamagedRecordError(
                f"{self._name}: frame {frame.number} of {len(self.frames)} ({where} {frame.offset:,} of the record)"
                f" is damaged: {error}"
            ) from error
        return content
