"""Joining chunks that carry consecutive pieces of one text."""

from __future__ import annotations

from typing import Any

from probe.renderers.parts import listed

_FRAME = ("role", "tool_calls", "function_call")
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def merge_key(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return all of a chunk that is no text (but for padding), and its text; None where it has more than one."""
    choices = event.get("choices")
    choice: Any = choices[0] if type(choices) is list and len(choices) == 1 else None
    delta = choice.get("delta") if type(choice) is dict else None
    if type(delta) is not dict or choice.get("logprobs"):
        return None
    place = _place(delta)
    if place is None:
        return None
    choice = choice.copy()
    del choice["delta"]
    event = event.copy()
    del event["choices"]
    if type(event.get("obfuscation")) is str:
        del event["obfuscation"]
    return (place[0], choice, event), place[1]


def with_text(event: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a chunk with another text in the place of its own."""
    choice = event["choices"][0]
    delta = choice["delta"]
    if delta.get("tool_calls"):
        changed: dict[str, Any] = {"tool_calls": [{**delta["tool_calls"][0], "function": {"arguments": text}}]}
    else:
        name = next(name for name in _TEXTS if delta.get(name))
        changed = {**delta, name: text}
    return {**event, "choices": [{**choice, "delta": changed}]}


def _place(delta: dict[str, Any]) -> tuple[Any, str] | None:
    """Return what a delta has besides its one text, with the text's name, and the text."""
    names = [name for name in delta if delta[name]] if len(delta) > 1 else list(delta)
    if len(names) == 2 and names[0] == "role":
        del names[0]  # some providers repeat it
    if len(names) != 1:
        return None
    name = names[0]
    text = delta[name]
    if name in _TEXTS:
        if type(text) is not str or not text:
            return None
        return (name if len(delta) == 1 else (name, {**delta, name: ""})), text
    return _arguments(text) if name == "tool_calls" and len(delta) == 1 else None


def _arguments(calls: Any) -> tuple[Any, str] | None:
    """Return the same for a piece of a call that has nothing new but a piece of its arguments."""
    call: Any = calls[0] if type(calls) is list and len(calls) == 1 else None
    function = call.get("function") if type(call) is dict else None
    if type(function) is not dict or len(function) != 1:
        return None
    text = function.get("arguments")
    return ({**call, "function": None}, text) if type(text) is str and text else None


def has_content(event: dict[str, Any]) -> bool:
    """Check whether a chunk has content: the first one has often only a role, or the name of a tool."""
    deltas = [one.get("delta") for one in listed(event.get("choices")) if isinstance(one, dict)]
    return any(_says(delta) for delta in deltas if isinstance(delta, dict))


def _says(delta: dict[str, Any]) -> bool:
    calls = [*listed(delta.get("tool_calls")), {"function": delta.get("function_call")}]
    held = [call.get(name) for call in calls if isinstance(call, dict) for name in ("function", "custom")]
    called = any(one.get("arguments") or one.get("input") for one in held if isinstance(one, dict))
    return called or any(text for name, text in delta.items() if name not in _FRAME)
