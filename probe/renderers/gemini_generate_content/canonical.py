"""Contents as they are compared: an answer and the content that repeats it, a content and its later self, are equal."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Kind
from probe.renderers.gemini_generate_content.names import spelled
from probe.renderers.parts import is_reminder


def canonical(kind: Kind, value: Any) -> Any:
    """Return a content without thoughts, signatures and ids of calls, with consecutive texts joined."""
    if kind is not Kind.MESSAGE:
        return value
    if isinstance(value, str):
        return {"role": "user", "parts": [{"text": value}]}
    fields = spelled(value)
    parts = fields.get("parts")
    if not isinstance(parts, list):
        return value
    kept: list[Any] = []
    for part in map(_part, parts):
        if part in (None, {}, {"text": ""}) or (_is_text(part) and is_reminder(part)):
            continue
        if kept and _is_text(part) and _is_text(kept[-1]):
            kept[-1] = {"text": kept[-1]["text"] + part["text"]}
        else:
            kept.append(part)
    return {**fields, "parts": kept}


def _part(part: Any) -> Any:
    fields = spelled(part)
    if not fields:
        return part
    if fields.get("thought") is True:
        return None
    kept = {name: inner for name, inner in fields.items() if name not in ("thought", "thoughtSignature")}
    for name in ("functionCall", "functionResponse"):
        if isinstance(kept.get(name), dict):
            # Agents invent an id if the API sent none.
            kept[name] = {inner: value for inner, value in kept[name].items() if inner != "id" and value is not None}
    return kept


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.keys() == {"text"} and isinstance(part["text"], str)
