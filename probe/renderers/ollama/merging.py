"""Joining lines that carry consecutive pieces of one text."""

from __future__ import annotations

from typing import Any

_SAME = ("model", "remote_model", "remote_host", "done")
_LINE = frozenset({*_SAME, "created_at", "message"})
_MESSAGE = frozenset({"role", "content", "thinking"})
_PROMPTED = frozenset({*_SAME, "created_at", "response", "thinking"})


def merge_key(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return all of a line that is neither its text nor its time, and the text; None where it has anything else."""
    if type(event.get("created_at")) is not str or event.get("done") is not False:
        return None
    message = event.get("message")
    if type(message) is dict:
        holder, known = message, event.keys() <= _LINE and message.keys() <= _MESSAGE
    else:
        holder, known = event, event.keys() <= _PROMPTED
    name = _text_name(holder) if known else None
    if name is None:
        return None
    return (holder is event, name, holder.get("role"), [event.get(same) for same in _SAME]), holder[name]


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a line with another text in the place of its own."""
    message = event.get("message")
    if type(message) is dict:
        return {**event, "message": with_text(message, text)}
    name = _text_name(event)
    return {**event, name: text} if name else event


def _text_name(holder: dict[str, Any]) -> str | None:
    """Return the name of the only text; None where there is none or more, or what should be one is not."""
    names = [name for name in ("content", "thinking", "response") if holder.get(name)]
    return names[0] if len(names) == 1 and type(holder[names[0]]) is str else None
