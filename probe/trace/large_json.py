"""Reading large JSON of which most members were read before: a streamed answer repeats its request three times."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from probe.renderers.json_reader import parsed, raw_members
from probe.trace.shapes import CountedShape, Shape, shape_of

_PIECE = 256
"""Bytes of a member from which it is looked up before it is read."""
_LARGEST = 1 << 17
"""Bytes up to which a member is remembered."""
_REMEMBERED = 128
"""Members that are remembered."""


def read_large(text: str | bytes) -> tuple[Any, Shape]:
    """Return the value and the shape of a JSON text, members that were read before not read again.

    Values may be shared: they must not be changed.
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    members = raw_members(raw)
    if not members:
        value = parsed(raw)
        return value, shape_of(value)
    small = _read_small({name: member for name, member in members.items() if len(member) < _PIECE})
    values: dict[str, Any] = {}
    shapes: list[tuple[str, Shape]] = []
    for name, member in members.items():
        if name in small:
            value = small[name]
            shape = shape_of(value)
        else:
            value, shape = _remembered(member) if len(member) <= _LARGEST else read_large(member)
        values[name] = value
        shapes.append((name, shape))
    return values, ("object", *shapes)


def _read_small(members: dict[str, bytes]) -> dict[str, Any]:
    """Return the values of small members, read at once where they can be."""
    values = parsed(b"[" + b",".join(members.values()) + b"]")
    if isinstance(values, list):
        return dict(zip(members, values, strict=True))
    return {name: parsed(member) for name, member in members.items()}


@lru_cache(maxsize=_REMEMBERED)
def _remembered(raw: bytes) -> tuple[Any, Shape]:
    value, shape = read_large(raw)
    return value, CountedShape(shape) if isinstance(shape, tuple) else shape
