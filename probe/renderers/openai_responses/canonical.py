"""One form for an item of an answer and for the input item by which a client sends it back."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Kind
from probe.renderers.json_reader import parsed_json
from probe.renderers.parts import is_reminder

_TEXTS = ("input_text", "output_text", "text")
CODEX_METADATA = "internal_chat_message_metadata_passthrough"
"""What codex adds to an item: its turn, its time and the kinds of its parts. The API does not document it."""
_ADDED = ("id", "status", "created_by", CODEX_METADATA)
"""Members that one side adds to an item, and the other need not send."""


def canonical(kind: Kind, value: Any) -> Any:
    """Return an item without ids, status and empty members, its text as a list of parts and its arguments parsed."""
    if kind is Kind.MESSAGE and isinstance(value, str):
        value = {"role": "user", "content": value}
    if kind is not Kind.MESSAGE or not isinstance(value, dict):
        return value
    word = value.get("type") or ("message" if "role" in value else "item_reference")
    dropped = ("status",) if word == "item_reference" else _ADDED
    item = {"type": word, **_filled({name: inner for name, inner in value.items() if name not in dropped})}
    if word == "message":
        item["content"] = _content(value.get("content"))
    if "arguments" in item:
        item["arguments"] = parsed_json(item["arguments"])
    return item


def _content(content: Any) -> Any:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        return parts
    return [_part(part) for part in parts if not is_reminder(part)]


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    return {**_filled(part), "type": "text"} if part.get("type") in _TEXTS else _filled(part)


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != []}
