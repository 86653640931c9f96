"""Events that carry consecutive pieces of one text."""

from __future__ import annotations

from typing import Any

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


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a delta with another piece of text."""
    delta = event["delta"]
    return {**event, "delta": {**delta, _PIECES[delta["type"]]: text}}
