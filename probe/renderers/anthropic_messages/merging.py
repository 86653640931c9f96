"""Events that carry consecutive pieces of one text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

_MEMBERS = frozenset(("type", "index", "delta"))
_PIECES = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Types of deltas that carry a piece of a text, and the member that holds it."""


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


def pieces(events: Sequence[dict[str, Any]]) -> tuple[list[Any], list[str]] | None:
    """Return the same for many events of one type; None where one of them has another form."""
    deltas: list[Any] = [event.get("delta") for event in events]
    if set(map(frozenset, events)) != {_MEMBERS} or set(map(type, deltas)) != {dict}:
        return None
    keys: list[Any] = []
    texts: list[str] = []
    for kind, same in groupby(deltas, key=lambda delta: delta.get("type")):
        run = [*same]
        field = _PIECES.get(kind) if type(kind) is str else None
        if field and set(map(frozenset, run)) == {frozenset(("type", field))}:
            texts += map(itemgetter(field), run)
            keys += [(event["index"], kind) for event in events[len(keys) : len(keys) + len(run)]]
        else:
            # An object is equal to no other one: nothing is joined.
            texts += [""] * len(run)
            keys += [object() for _ in run]
    return (keys, texts) if set(map(type, texts)) == {str} else None


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a delta with another piece of text."""
    delta = event["delta"]
    return {**event, "delta": {**delta, _PIECES[delta["type"]]: text}}
