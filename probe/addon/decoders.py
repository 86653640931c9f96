"""Undoing content-encodings piece by piece, so that a stream cut short still gives its readable prefix.

A body that decodes to far more than it is on the wire is a bomb, not an answer: decoding stops there with an error,
and on the way never more than a few dozen megabytes are made at once.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

ALWAYS_ALLOWED = 64 << 20
"""A body may decode to this many bytes, however small it is on the wire."""
MOST_TIMES = 100
"""Beyond that, to this many times its bytes on the wire. JSON and event streams reach 3 to 20, a log of equal lines
60; what is made to fill a memory reaches 1,000 (gzip) to 1,000,000 (brotli)."""
MOST_ENCODINGS = 4
"""Real bodies have one, seldom two; each costs a pass over what the one before it gave."""
MOST_MEMBERS = 100_000
"""Gzip members or zstd frames in one body. Each costs a decoder of its own, and may be empty."""
LARGEST_WINDOW = 8 << 20
"""What a zstd decoder must remember of its past; RFC 9659 forbids more in a content-encoding."""


class DecodeError(Exception):
    """The bytes are not what the content-encoding says, or more than a body can be."""


class _Stage(Protocol):
    """Undoes one encoding."""

    slice: int
    """Bytes that `decode` may be given at once: the libraries have no limit on what they give, or not in every
    version, so what they are given is limited."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be decoded now. Raises DecodeError."""


class Decoder:
    """The encodings of one body; takes its pieces, gives decoded bytes."""

    def __init__(self, stages: list[_Stage]) -> None:
        self._stages = stages
        self._given = [0 for _ in stages]
        self._wire_size = 0

    def chunks(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be decoded now, never much at once; an end cut short is no error. Raises DecodeError."""
        self._wire_size += len(data)
        return self._through(0, data)

    def decode(self, data: bytes) -> bytes:
        """Give the same in one piece."""
        return b"".join(self.chunks(data))

    def _through(self, number: int, data: bytes) -> Iterator[bytes]:
        """Yield what bytes become in a stage and those behind it."""
        if number == len(self._stages):
            yield data
            return
        stage = self._stages[number]
        for start in range(0, len(data), stage.slice):
            for decoded in stage.decode(data[start : start + stage.slice]):
                self._count(number, len(decoded))
                yield from self._through(number + 1, decoded)

    def _count(self, number: int, size: int) -> None:
        # Each stage by itself: a bomb inside a bomb may in the end give nothing, after any time.
        self._given[number] += size
        if self._given[number] > max(ALWAYS_ALLOWED, MOST_TIMES * self._wire_size):
            raise DecodeError(
                f"it decodes to more than {ALWAYS_ALLOWED >> 20} MB and {MOST_TIMES} times its size on the wire,"
                " so decoding was stopped"
            )


def decoder_for(content_encoding: str) -> Decoder | None:
    """Give a decoder for a Content-Encoding header (RFC 9110, 8.4); None when nothing is to be undone."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return None
    if len(names) > MOST_ENCODINGS:
        return Decoder([_Refusing(f"it has {len(names)} encodings, more than {MOST_ENCODINGS}")])
    # The last one applied is undone first.
    return Decoder([_STAGES[name]() if name in _STAGES else _Refusing("no decoder for it") for name in reversed(names)])


class _Refusing:
    slice = 1 << 20

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def decode(self, data: bytes) -> Iterator[bytes]:
        raise DecodeError(self._reason)


class _Gzip:
    """Gzip, with any number of members one after the other."""

    slice = 4096
    """Which become 4 MB at most."""
    _MAGIC = b"\x1f\x8b"

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1
        self._between = b""
        self._ended = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data and not self._ended:
            if self._member.eof and not (data := self._next_member(data)):
                return
            try:
                yield self._member.decompress(data)
            except zlib.error as error:
                raise DecodeError(str(error)) from error
            data = self._member.unused_data

    def _next_member(self, data: bytes) -> bytes:
        """Begin the member that bytes are of; what is no gzip ends the body, browsers pass it over as well."""
        self._between += data
        if self._between == self._MAGIC[:1]:
            return b""
        if not self._between.startswith(self._MAGIC):
            self._ended = True
            return b""
        data, self._between = self._between, b""
        self._members = _counted(self._members)
        self._member = zlib.decompressobj(wbits=31)
        return data


class _Deflate:
    """Deflate with the zlib wrapper that the specification asks for, or without it, as some servers send."""

    slice = 4096

    def __init__(self) -> None:
        self._stream: Any = None
        self._begun = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._begun += data
            if len(self._begun) < 2:
                return
            data = self._begun
            # No compressor begins a stream without the wrapper like this: it would be a stored block, oddly padded.
            wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
            self._stream = zlib.decompressobj(wbits=15 if wrapped else -15)
        if self._stream.eof:
            return
        try:
            yield self._stream.decompress(data)
        except zlib.error as error:
            raise DecodeError(str(error)) from error


class _Brotli:
    slice = 16
    """Ten bytes can tell 16 MB, so two such blocks."""

    def __init__(self) -> None:
        self._module: Any = importlib.import_module("brotli")
        self._stream = self._module.Decompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            yield bytes(self._stream.process(data))
        except self._module.error as error:
            raise DecodeError(str(error)) from error


class _Zstandard:
    """Zstandard, with any number of frames one after the other."""

    slice = 512
    """Four bytes can tell a block of 128 KB, so 16 MB at most."""

    def __init__(self) -> None:
        self._new_frame, self._error = _zstandard()
        self._frame = self._new_frame()
        self._frames = 1
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._frame.eof:
                self._frames = _counted(self._frames)
                self._frame, self._begun = self._new_frame(), False
            # Of a whole frame at once the library asks more than of the same bytes in pieces, so it never gets one.
            now, data = (data, b"") if self._begun else (data[:1], data[1:])
            self._begun = True
            try:
                yield self._frame.decompress(now)
            except self._error as error:
                raise DecodeError(str(error)) from error
            if self._frame.eof:
                data = self._frame.unused_data


def _zstandard() -> tuple[Callable[[], Any], type[Exception]]:
    """Give what makes a decompressor of one frame, from whichever module came with this mitmproxy or Python."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        options = {module.DecompressionParameter.window_log_max: LARGEST_WINDOW.bit_length() - 1}
        return partial(module.ZstdDecompressor, options=options), module.ZstdError
    module = importlib.import_module("zstandard")
    return module.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj, module.ZstdError


def _counted(members: int) -> int:
    """Count one more member."""
    if members >= MOST_MEMBERS:
        raise DecodeError(f"it has more than {MOST_MEMBERS:,} members, so decoding was stopped")
    return members + 1


_STAGES: dict[str, Callable[[], _Stage]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstandard,
}
