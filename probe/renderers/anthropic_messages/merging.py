"""Events that carry consecutive pieces of one text."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Literal, Union

import msgspec

from probe.renderers.deltas import Deltas, sizes_of
from probe.renderers.events import Pieces

_PIECES = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Types of deltas that carry a piece of a text, and the member that holds it."""
_FILLED = (*_PIECES.values(), "input", "data", "content", "citation", "signature")
_SIGNATURE = "signature_delta"

# Reading into objects that may have nothing else takes less than half the time of reading any JSON.
_TYPES = {
    kind: msgspec.defstruct(
        kind, [("piece", str, msgspec.field(name=name))], tag=kind, forbid_unknown_fields=True, gc=False
    )
    for kind, name in {**_PIECES, _SIGNATURE: "signature"}.items()
}
_Delta: Any = Union[*_TYPES.values()]


class _Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["content_block_delta"]
    index: Any
    delta: _Delta


_decode = msgspec.json.Decoder(_Event).decode_lines


def merge_key(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return the block and the type of a delta, and its piece of text."""
    if event.get("type") != "content_block_delta" or len(event) != 3:
        return None
    delta = event.get("delta")
    if type(delta) is not dict or len(delta) != 2:
        return None
    kind = delta.get("type")
    field = _PIECES.get(kind) if type(kind) is str else None
    piece = delta.get(field) if field else None
    return ((event.get("index"), kind), piece) if type(piece) is str else None


def _read(lines: bytes) -> Pieces:
    events = _decode(lines)
    deltas = [*map(attrgetter("delta"), events)]
    kinds: list[Any] = [*map(type, deltas)]
    if _TYPES[_SIGNATURE] in kinds:
        # It comes along with the pieces of a thought, but is none: an object is equal to no other one.
        kinds = [object() if kind is _TYPES[_SIGNATURE] else kind for kind in kinds]
    sizes = sizes_of([*map(attrgetter("index"), events)], kinds)
    return Pieces(sizes, [*map(attrgetter("piece"), deltas)], events, lines)


DELTAS = Deltas(["content_block_delta"], _read)


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a delta with another piece of text."""
    delta = event["delta"]
    return {**event, "delta": {**delta, _PIECES[delta["type"]]: text}}


def has_content(event: dict[str, Any]) -> bool:
    """Check whether an event has content: most blocks are empty when they start."""
    part = event.get("content_block") or event.get("delta")
    return isinstance(part, dict) and any(map(part.get, _FILLED))
