"""Items as they are compared: an answer and the message that repeats it are equal."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Kind


def canonical(kind: Kind, value: Any) -> Any:
    """Return a message without empty fields, thinking, and ids and places of calls: many clients do not repeat them."""
    if kind is not Kind.MESSAGE or not isinstance(value, dict):
        return value
    kept = {name: inner for name, inner in value.items() if name != "thinking"}
    if isinstance(calls := kept.get("tool_calls"), list):
        kept["tool_calls"] = [_call(call) for call in calls]
    return {name: inner for name, inner in kept.items() if inner not in (None, [], "")}


def _call(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return call
    return {"name": function.get("name"), "arguments": function.get("arguments")}
