"""Joining chunks that carry consecutive pieces of one text."""

from __future__ import annotations

from typing import Any

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def merge_key(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return all of a chunk that is no text (but for padding), and its text; None where it has more than one."""
    try:
        (choice,) = event["choices"]
        delta = choice["delta"]
        ((name, text),) = delta.items()
        if name == "tool_calls":
            (call,) = text
            function = call["function"]
            ((argument, text),) = function.items()
            if argument != "arguments":
                return None
            delta = call.copy()
            del delta["function"]
        elif name in _TEXTS:
            delta = None
        else:
            return None
    except (KeyError, ValueError, TypeError, AttributeError):
        return _with_empty_fields(event)
    if type(text) is not str or not text or choice.get("logprobs"):
        return None
    return (name, delta, _without(choice, "delta"), _without(event, "choices")), text


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    others = fields.copy()
    del others[name]
    others.pop("obfuscation", None)
    return others


def _with_empty_fields(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return the same for a delta that repeats the role, or names fields that it does not have."""
    try:
        (choice,) = event["choices"]
        delta = choice["delta"]
        texts = [name for name, value in delta.items() if value not in (None, "") and name != "role"]
        (name,) = texts
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    if name not in _TEXTS or type(delta[name]) is not str or choice.get("logprobs"):
        return None
    return (name, _without(delta, name), _without(choice, "delta"), _without(event, "choices")), delta[name]


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a chunk with another text in the place of its own."""
    (choice,) = event["choices"]
    delta = choice["delta"]
    if "tool_calls" in delta:
        (call,) = delta["tool_calls"]
        changed: dict[str, Any] = {"tool_calls": [{**call, "function": {"arguments": text}}]}
    else:
        name = next(name for name in _TEXTS if delta.get(name))
        changed = {**delta, name: text}
    return {**event, "choices": [{**choice, "delta": changed}]}
