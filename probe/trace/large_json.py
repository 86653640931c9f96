"""Reading large JSON of which most members were read before: a streamed answer repeats its request three times."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from probe.record.exchange import Outline
from probe.renderers.json_reader import parsed
from probe.trace.shapes import CountedShape, Shape, shape_of

_PIECE = 256
"""Bytes of a member from which it is looked up before it is read."""
_LARGEST = 1 << 17
"""Bytes up to which a member is remembered."""
_REMEMBERED = 128
"""Members that are remembered."""
_outline = msgspec.json.Decoder(Outline).decode

See = Callable[[str, str, bytes, Any, Shape], None]
"""Takes a member of an object that is a member: the names of both, its text, its value and its shape."""


def read_large(text: str | bytes, see: See | None = None) -> tuple[Any, Shape]:
    """Return the value and the shape of a JSON text, inner members that were read before not read again.

    Values may be shared: they must not be changed.
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        outline = _outline(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        outline = None
    if not isinstance(outline, dict):
        value = parsed(raw)
        return value, shape_of(value)
    values: dict[str, Any] = {}
    shapes: list[tuple[str, Shape]] = []
    for name, piece in outline.items():
        if isinstance(piece, dict):
            values[name], shape = _read_members(name, piece, see)
        else:
            values[name] = value = [parsed(bytes(one)) for one in piece] if isinstance(piece, list) else piece
            shape = shape_of(value)
        shapes.append((name, shape))
    return values, ("object", *shapes)


def _read_members(outer: str, members: dict[str, msgspec.Raw], see: See | None) -> tuple[dict[str, Any], Shape]:
    """Return an object whose large members are looked up, and its other ones read at once."""
    texts = {name: bytes(member) for name, member in members.items()}
    values: dict[str, Any] = _read_small({name: text for name, text in texts.items() if len(text) < _PIECE})
    shapes: list[tuple[str, Shape]] = []
    for name, text in texts.items():
        if len(text) < _PIECE:
            shape = shape_of(values[name])
        else:
            values[name], shape = _remembered(text) if len(text) <= _LARGEST else _read(text)
            if see is not None:
                see(outer, name, text, values[name], shape)
        shapes.append((name, shape))
    return {name: values[name] for name in texts}, ("object", *shapes)


def _read_small(members: dict[str, bytes]) -> dict[str, Any]:
    """Return the values of small members, read at once where they can be."""
    values = parsed(b"[" + b",".join(members.values()) + b"]")
    if isinstance(values, list):
        return dict(zip(members, values, strict=True))
    return {name: parsed(member) for name, member in members.items()}


@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: bytes) -> tuple[Any, Shape]:
    value, shape = _read(text)
    return value, _counted(shape) if isinstance(shape, tuple) else shape


# Equal shapes are the same one, since comparing large ones takes long.
_counted = lru_cache(maxsize=_REMEMBERED)(CountedShape)


def _read(text: bytes) -> tuple[Any, Shape]:
    value = parsed(text)
    return value, shape_of(value)
