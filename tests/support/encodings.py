"""Undo a body's content-encoding, and encode a stream piece by piece."""

from __future__ import annotations

import io
import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it has no type information
import zstandard

NAMES = ("none", "gzip", "deflate", "br", "zstd")


class Encoder(Protocol):
    """What turns pieces of a stream into pieces that the receiver can read at once."""

    def piece(self, data: bytes) -> bytes:
        """Encode one piece so that nothing of it is held back."""

    def end(self) -> bytes:
        """Return what closes the stream."""


class Plain:
    """Pass a stream on as it is."""

    def piece(self, data: bytes) -> bytes:
        """Return the piece itself."""
        return data

    def end(self) -> bytes:
        """Return nothing: a plain stream has no end mark."""
        return b""


class Zlib:
    """Encode a stream with gzip or deflate."""

    def __init__(self, wbits: int) -> None:
        self._stream = zlib.compressobj(wbits=wbits)

    def piece(self, data: bytes) -> bytes:
        """Encode one piece and flush it."""
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """Return the last block and the checksum."""
        return self._stream.flush()


class Brotli:
    """Encode a stream with brotli."""

    def __init__(self) -> None:
        self._stream = brotli.Compressor()

    def piece(self, data: bytes) -> bytes:
        """Encode one piece and flush it."""
        return bytes(self._stream.process(data) + self._stream.flush())

    def end(self) -> bytes:
        """Return the last block."""
        return bytes(self._stream.finish())


class Zstd:
    """Encode a stream with zstd."""

    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor().compressobj()

    def piece(self, data: bytes) -> bytes:
        """Encode one piece and flush it."""
        return self._stream.compress(data) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        """Return the end of the frame."""
        return self._stream.flush()


def encoder(name: str) -> Encoder:
    """Make a fresh encoder by the name of its content-encoding."""
    match name:
        case "none":
            return Plain()
        case "gzip":
            return Zlib(31)
        case "deflate":
            return Zlib(15)
        case "br":
            return Brotli()
        case "zstd":
            return Zstd()
    raise ValueError(f"unknown content-encoding {name!r}; known are: {', '.join(NAMES)}")


def encode(data: bytes, name: str) -> bytes:
    """Encode a whole body."""
    stream = encoder(name)
    return stream.piece(data) + stream.end()


def decode(data: bytes, name: str | None) -> bytes:
    """Undo the content-encoding of a whole body; several are undone from the last to the first."""
    for one in reversed([part.strip().lower() for part in (name or "").split(",")]):
        data = _decode(data, one)
    return data


def _decode(data: bytes, name: str) -> bytes:
    """Undo one content-encoding."""
    match name:
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(wbits=47).decompress(data)
        case "br":
            return bytes(brotli.decompress(data))
        case "zstd":
            # The frame need not tell its size, so it is read as a stream.
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
        case "" | "identity" | "none":
            return data
    raise ValueError(f"unknown content-encoding {name!r}")
