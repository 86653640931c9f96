"""Events that carry consecutive pieces of one text."""

from __future__ import annotations

from typing import Any

from probe.renderers.aws_frames import PADDING

INDEX = "contentBlockIndex"


def merge_key(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return the block and the field of a delta, and its piece of text."""
    if len(event) - (PADDING in event) != 2 or INDEX not in event:
        return None
    found = _piece(event.get("delta"))
    return None if found is None else ((event[INDEX], found[0]), found[1])


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a delta with another piece of text."""
    name, inner = next(iter(event["delta"].items()))
    return {**event, "delta": {name: text if isinstance(inner, str) else dict.fromkeys(inner, text)}}


def _piece(delta: Any) -> tuple[str, str] | None:
    """Return the field that a delta goes on with, and the text; None where it is not just that."""
    match delta:
        case {"text": str(text)} if len(delta) == 1:
            return "text", text
        case {"toolUse": {"input": str(text)} as inner} if len(delta) == len(inner) == 1:
            return "toolUse", text
        case {"reasoningContent": {"text": str(text)} as inner} if len(delta) == len(inner) == 1:
            return "reasoningContent", text
        case _:
            return None


def has_content(event: dict[str, Any]) -> bool:
    """Check whether an event has content: a call of a tool starts with its name alone."""
    delta = event.get("delta")
    held = delta.values() if isinstance(delta, dict) else ()
    return any(any(one.values()) if isinstance(one, dict) else one for one in held)
