"""Apply a content-encoding to a body piece by piece, so that each piece can be decoded as soon as it arrives."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Encoder(Protocol):
    """Encodes one body."""

    def piece(self, data: bytes) -> bytes:
        """Return a piece encoded, with all that is needed to decode it now."""

    def finish(self) -> bytes:
        """Return the end of the body."""


def encoder_for(content_encoding: str) -> Encoder:
    """Return an encoder for a Content-Encoding header. Raises ImportError without its library, KeyError for another."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    return _Chain([_ENCODERS[name]() for name in names if name not in ("", "identity")])


class _Chain:
    """Several encodings, in the order in which they are applied; or none."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self._encoders = encoders

    def piece(self, data: bytes) -> bytes:
        for encoder in self._encoders:
            data = encoder.piece(data)
        return data

    def finish(self) -> bytes:
        data = b""
        for encoder in self._encoders:
            data = (encoder.piece(data) if data else b"") + encoder.finish()
        return data


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._stream = zlib.compressobj(wbits=wbits)

    def piece(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._stream.flush()


class _Brotli:
    def __init__(self) -> None:
        self._stream = importlib.import_module("brotli").Compressor()

    def piece(self, data: bytes) -> bytes:
        return bytes(self._stream.process(data) + self._stream.flush())

    def finish(self) -> bytes:
        return bytes(self._stream.finish())


class _Zstandard:
    def __init__(self) -> None:
        self._stream, self._flush, self._end = _zstandard()

    def piece(self, data: bytes) -> bytes:
        return bytes(self._stream.compress(data) + self._stream.flush(self._flush))

    def finish(self) -> bytes:
        return bytes(self._stream.flush(self._end))


def _zstandard() -> tuple[Any, int, int]:
    """Return a compressor with its modes of flushing, from the module that this mitmproxy or Python has."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        kind = module.ZstdCompressor
        return kind(), kind.FLUSH_BLOCK, kind.FLUSH_FRAME
    module = importlib.import_module("zstandard")
    return module.ZstdCompressor().compressobj(), module.COMPRESSOBJ_FLUSH_BLOCK, module.COMPRESSOBJ_FLUSH_FINISH


_ENCODERS: dict[str, Callable[[], Encoder]] = {
    "gzip": lambda: _Zlib(31),
    "x-gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
    "br": _Brotli,
    "zstd": _Zstandard,
}
