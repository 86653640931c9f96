"""Items as they are compared: an answer and the message that repeats it, a message and its later self, are equal."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Kind
from probe.renderers.json_reader import parsed_json
from probe.renderers.parts import is_reminder

_MOVING = ("cache_control", "prompt_cache_breakpoint")
_NOT_REPEATED = frozenset(
    {
        *("annotations", "audio", "images", "name", "provider_specific_fields"),
        *("reasoning", "reasoning_content", "reasoning_details", "refusal"),
    }
)
"""What agents leave out of an answer, add to it, or rename, when they send it back."""


def canonical(kind: Kind, value: Any) -> Any:
    """Return an item without what moves from call to call."""
    if kind is not Kind.MESSAGE or not isinstance(value, dict):
        return _settled(value)
    left = _NOT_REPEATED if value.get("role") == "assistant" else ()
    kept = {name: _settled(inner) for name, inner in value.items() if name not in left and name not in _MOVING}
    if calls := value.get("tool_calls"):
        kept["tool_calls"] = [_call(call) for call in calls] if isinstance(calls, list) else calls
    kept["content"] = _content(kept.get("content"))
    return {name: inner for name, inner in kept.items() if inner not in (None, [], "")}


def _content(content: Any) -> Any:
    """Return content as a list of parts; a text is short for one part of text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [part for part in content if not is_reminder(part)] if isinstance(content, list) else content


def _call(call: Any) -> Any:
    """Return a call without its place; agents write the JSON of its arguments anew."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return call
    arguments = parsed_json(function.get("arguments"))
    fields = {name: value for name, value in call.items() if name not in ("index", "type")}
    return {**fields, "function": {**function, "arguments": arguments}}


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _settled(inner) for name, inner in value.items() if name not in _MOVING}
    return [_settled(inner) for inner in value] if isinstance(value, list) else value
