"""Items of requests without what moves from call to call, so that equal ones compare as equal."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Kind
from probe.renderers.parts import is_reminder

_USUAL: dict[str, tuple[Any, ...]] = {"citations": (None, []), "caller": ({"type": "direct"},)}
"""Fields that an agent may leave out when it sends an answer back, and their default values."""


def canonical(kind: Kind, value: Any) -> Any:
    """Return an item without cache breakpoints, reminders and fields with default values."""
    match kind, value:
        case Kind.MESSAGE, {"content": content}:
            return {**value, "content": _content(content)}
        case Kind.INSTRUCTIONS, _:
            return _content(value)
        case Kind.TOOL, dict():
            return {name: inner for name, inner in value.items() if name != "cache_control"}
        case _:
            return value


def _content(content: Any) -> Any:
    if isinstance(content, str):
        # A text is short for one part of text.
        return [{"type": "text", "text": content}]
    return [_part(part) for part in content if not _says_nothing(part)] if isinstance(content, list) else content


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    kept = {
        name: value for name, value in part.items() if name != "cache_control" and value not in _USUAL.get(name, ())
    }
    if isinstance(kept.get("content"), list):
        kept["content"] = [_part(inner) for inner in kept["content"]]
    return kept


def _says_nothing(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and (part.get("text") == "" or is_reminder(part))
