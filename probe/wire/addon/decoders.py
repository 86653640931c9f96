"""Undoing content-encodings piece by piece, so that a stream cut short still gives its readable prefix."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol


class DecodeError(Exception):
    """The bytes are not what the content-encoding says."""


class Decoder(Protocol):
    """Takes pieces, gives decoded bytes."""

    def decode(self, data: bytes) -> bytes:
        """Give what can be decoded now. Raises DecodeError."""

    def finish(self) -> bytes:
        """Give the rest; an end cut short is no error."""


def decoder_for(content_encoding: str) -> Decoder | None:
    """Give a decoder for a Content-Encoding header (RFC 9110, 8.4); None when nothing is to be undone."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return None
    return _Chain([_DECODERS.get(name, _Unknown)() for name in reversed(names)])


class _Chain:
    """Several encodings, the last applied undone first."""

    def __init__(self, decoders: list[Decoder]) -> None:
        self._decoders = decoders

    def decode(self, data: bytes) -> bytes:
        for decoder in self._decoders:
            data = decoder.decode(data)
        return data

    def finish(self) -> bytes:
        data = b""
        for decoder in self._decoders:
            data = (decoder.decode(data) if data else b"") + decoder.finish()
        return data


class _Unknown:
    def decode(self, _data: bytes) -> bytes:
        raise DecodeError("no decoder for it")

    def finish(self) -> bytes:
        return b""


class _Gzip:
    """Gzip, with any number of members one after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    def decode(self, data: bytes) -> bytes:
        out = b""
        try:
            while data:
                if self._member.eof:
                    if not b"\x1f\x8b".startswith(data[:2]) and not data.startswith(b"\x1f\x8b"):
                        # What follows the last member is no gzip; browsers pass it over as well.
                        break
                    self._member = zlib.decompressobj(wbits=31)
                out += self._member.decompress(data)
                data = self._member.unused_data
        except zlib.error as error:
            raise DecodeError(str(error)) from error
        return out

    def finish(self) -> bytes:
        return b"" if self._member.eof else self._member.flush()


class _Deflate:
    """Deflate with the zlib wrapper that the specification asks for, or without it, as some servers send."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._begun = b""

    def decode(self, data: bytes) -> bytes:
        try:
            out = self._stream.decompress(data)
            self._begun = (self._begun + data)[:2]
            return out
        except zlib.error as error:
            if len(self._begun) >= 2:
                raise DecodeError(str(error)) from error
        try:
            self._stream = zlib.decompressobj(wbits=-15)
            return self._stream.decompress(self._begun + data)
        except zlib.error as error:
            raise DecodeError(str(error)) from error
        finally:
            self._begun = b"raw"

    def finish(self) -> bytes:
        return self._stream.flush()


class _Brotli:
    def __init__(self) -> None:
        self._module: Any = importlib.import_module("brotli")
        self._stream = self._module.Decompressor()

    def decode(self, data: bytes) -> bytes:
        try:
            return bytes(self._stream.process(data))
        except self._module.error as error:
            raise DecodeError(str(error)) from error

    def finish(self) -> bytes:
        return b""


class _Zstandard:
    """Zstandard, with any number of frames one after the other."""

    def __init__(self) -> None:
        self._frame, self._error = _zstandard_frame()

    def decode(self, data: bytes) -> bytes:
        out = b""
        try:
            while data:
                if self._frame.eof:
                    self._frame, _ = _zstandard_frame()
                out += self._frame.decompress(data)
                data = self._frame.unused_data if self._frame.eof else b""
        except self._error as error:
            raise DecodeError(str(error)) from error
        return out

    def finish(self) -> bytes:
        return b""


def _zstandard_frame() -> tuple[Any, type[Exception]]:
    """Give a decompressor of one frame, from whichever module came with this mitmproxy or Python."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return module.ZstdDecompressor(), module.ZstdError
    module = importlib.import_module("zstandard")
    return module.ZstdDecompressor().decompressobj(), module.ZstdError


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstandard,
}
