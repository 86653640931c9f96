"""Joining lines that carry consecutive pieces of one text."""

from __future__ import annotations

from typing import Any

_LINE = frozenset({"model", "remote_model", "remote_host", "created_at", "done", "message"})
_MESSAGE = frozenset({"role", "content", "thinking"})
_PROMPTED = frozenset({*_LINE, "response", "thinking"}) - {"message"}


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
    origin = (event.get("model"), event.get("remote_model"), event.get("remote_host"))
    return (holder is event, name, holder.get("role"), origin), holder[name]


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a line with another text in the place of its own."""
    message = event.get("message")
    if type(message) is dict:
        return {**event, "message": with_text(message, text)}
    name = _text_name(event)
    return {**event, name: text} if name else event


def _text_name(holder: dict[str, Any]) -> str | None:
    """Return the name of the only text; None where there is none or more, or what should be one is not."""
    found = None
    for name in ("content", "thinking", "response"):
        if text := holder.get(name):
            if found or type(text) is not str:
                return None
            found = name
    return found
