"""Small bodies that decode to enormous ones, quickly made: one block of zeros, encoded once and repeated."""

from __future__ import annotations

import gzip
import zlib

import brotli  # type: ignore[import-untyped]  # it has no type information
import zstandard

BLOCK = 16 << 20
"""Bytes that one repetition stands for."""
_ZEROS = bytes(BLOCK)


def bomb(encoding: str, size: int) -> bytes:
    """Return a body that decodes to at least `size` zeros; gzip needs a thousandth of that, brotli a millionth."""
    times = -(-size // BLOCK)
    match encoding:
        case "gzip":
            return gzip.compress(_ZEROS) * times
        case "deflate":
            return _deflate(times)
        case "br":
            return _brotli(times)
        case "zstd":
            return zstandard.ZstdCompressor().compress(_ZEROS) * times
    raise ValueError(f"no bomb for content-encoding {encoding!r}")


def _deflate(times: int) -> bytes:
    # Without the wrapper, whose checksum would have to be right.
    stream = zlib.compressobj(wbits=-15)
    block = stream.compress(_ZEROS) + stream.flush(zlib.Z_FULL_FLUSH)
    return block * times + stream.flush()


def _brotli(times: int) -> bytes:
    stream = brotli.Compressor()
    first = stream.process(_ZEROS) + stream.flush()
    again = stream.process(_ZEROS) + stream.flush()
    return bytes(first + again * (times - 1) + stream.finish())
