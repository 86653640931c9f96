"""Reading large JSON of which most members were read before: a streamed answer repeats its request three times."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from probe.renderers.json_reader import Json
from probe.trace.shapes import Shape, shape_of

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
    return _read(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


def _read(raw: bytes) -> tuple[Any, Shape]:
    json = Json(raw)
    members = json.members if json.is_object else None
    if not members:
        value = json.value
        return value, shape_of(value)
    values: dict[str, Any] = {}
    shapes: list[tuple[str, Shape]] = []
    for name, member in members.items():
        size = len(member.raw)
        if size < _PIECE:
            values[name] = value = member.value
            shapes.append((name, shape_of(value)))
        else:
            values[name], shape = _remembered(member.raw) if size <= _LARGEST else _read(member.raw)
            shapes.append((name, shape))
    return values, ("object", *shapes)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(raw: bytes) -> tuple[Any, Shape]:
    return _read(raw)
