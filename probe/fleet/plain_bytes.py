"""Plain values as compressed bytes: the same bytes for equal values, checked when they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import zstandard

_LEVEL = 3
_PLAIN, _ESCAPED = b"p", b"e"
# Sorted keys, so that equal values have equal bytes.
_encode = msgspec.msgpack.Encoder(order="sorted").encode
_decode = msgspec.msgpack.Decoder().decode


class DamagedBytesError(ValueError):
    """Bytes that were not written by `to_bytes`, or not all of them."""


def to_bytes(value: Any) -> bytes:
    """Return the bytes of a value of lists, mappings, texts, numbers and bytes."""
    try:
        data = _PLAIN + _encode(value)
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8 form.
        data = _ESCAPED + _encode(_changed(value, _escaped))
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(data)


def from_bytes(data: bytes) -> Any:
    """Return the value. Raises DamagedBytesError."""
    try:
        plain = zstandard.ZstdDecompressor().decompress(data)
        value = _decode(plain[1:])
    except (zstandard.ZstdError, msgspec.DecodeError, MemoryError) as error:
        raise DamagedBytesError(f"not whole: {error}") from error
    return _changed(value, _unescaped) if plain[:1] == _ESCAPED else value


def _escaped(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _unescaped(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogatepass")


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with all its texts changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_changed(key, change): _changed(one, change) for key, one in value.items()}
    return [_changed(one, change) for one in value] if isinstance(value, list | tuple) else value
