"""Decode content-encodings piece by piece, so that a stream cut short still yields its readable prefix.

A body that decodes to far more than its size on the wire is a bomb, not an answer: decoding stops there with an error,
and never holds more than a few dozen megabytes at once.
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
60; a bomb reaches 1,000 (gzip) to 1,000,000 (brotli)."""
MOST_ENCODINGS = 4
"""Real bodies have one, seldom two; each costs a pass over the output of the one before."""
MOST_MEMBERS = 100_000
"""Gzip members or zstd frames in one body. Each needs a new decoder, and may be empty."""
LARGEST_WINDOW = 8 << 20
"""Bytes of history that a zstd decoder must keep; RFC 9659 forbids more in a content-encoding."""


class DecodeError(Exception):
    """The bytes do not match the content-encoding, or decode to more than is allowed."""


class _Stage(Protocol):
    """Decodes one encoding."""

    slice: int
    """Bytes that `decode` accepts at once: not every version of the libraries can limit its output, so the input
    is limited."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be decoded now. Raises DecodeError."""


class Decoder:
    """The encodings of one body: decodes its pieces."""

    def __init__(self, stages: list[_Stage]) -> None:
        self._stages = stages
        self._decoded_sizes = [0 for _ in stages]
        self._wire_size = 0

    def chunks(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be decoded now, in small chunks; an end cut short is not an error. Raises DecodeError."""
        self._wire_size += len(data)
        return self._through(0, data)

    def decode(self, data: bytes) -> bytes:
        """Return what `chunks` yields in one piece."""
        return b"".join(self.chunks(data))

    def _through(self, number: int, data: bytes) -> Iterator[bytes]:
        """Yield bytes decoded by a stage and all stages after it."""
        if number == len(self._stages):
            yield data
            return
        stage = self._stages[number]
        for start in range(0, len(data), stage.slice):
            for decoded in stage.decode(data[start : start + stage.slice]):
                self._count(number, len(decoded))
                yield from self._through(number + 1, decoded)

    def _count(self, number: int, size: int) -> None:
        # Each stage by itself: a bomb inside a bomb may run for any time and yield nothing in the end.
        self._decoded_sizes[number] += size
        if self._decoded_sizes[number] > max(ALWAYS_ALLOWED, MOST_TIMES * self._wire_size):
            raise DecodeError(
                f"it decodes to more than {ALWAYS_ALLOWED >> 20} MB and {MOST_TIMES} times its size on the wire,"
                " so decoding was stopped"
            )


def decoder_for(content_encoding: str) -> Decoder | None:
    """Return a decoder for a Content-Encoding header (RFC 9110, 8.4); None when there is nothing to decode."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return None
    if len(names) > MOST_ENCODINGS:
        return Decoder([_Refusing(f"it has {len(names)} encodings, more than {MOST_ENCODINGS}")])
    # The last one applied is decoded first.
    return Decoder([_STAGES[name]() if name in _STAGES else _Refusing("no decoder for it") for name in reversed(names)])


class _Refusing:
    slice = 1 << 20

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def decode(self, data: bytes) -> Iterator[bytes]:
        raise DecodeError(self._reason)


class _Gzip:
    """Gzip with any number of consecutive members."""

    slice = 4096
    """These decode to 4 MB at most."""
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
        """Begin a member and return its bytes; anything but gzip ends the body, as in browsers."""
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
    """Deflate with the zlib wrapper that the specification requires, or without it, as some servers send it."""

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
            # No compressor begins an unwrapped stream like this: it would be a stored block with odd padding.
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
    """Ten bytes can encode 16 MB, so at most two such blocks."""

    def __init__(self) -> None:
        self._module: Any = importlib.import_module("brotli")
        self._stream = self._module.Decompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            yield bytes(self._stream.process(data))
        except self._module.error as error:
            raise DecodeError(str(error)) from error


class _Zstandard:
    """Zstandard with any number of consecutive frames."""

    slice = 512
    """Four bytes can encode a block of 128 KB, so 16 MB at most."""

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
            # The library is stricter with a whole frame than with the same bytes in pieces, so it never gets one.
            now, data = (data, b"") if self._begun else (data[:1], data[1:])
            self._begun = True
            try:
                yield self._frame.decompress(now)
            except self._error as error:
                raise DecodeError(str(error)) from error
            if self._frame.eof:
                data = self._frame.unused_data


def _zstandard() -> tuple[Callable[[], Any], type[Exception]]:
    """Return a factory of decompressors and their error, from the module that this mitmproxy or Python has."""
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
    """Return the count with one more member. Raises DecodeError when there are too many."""
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
