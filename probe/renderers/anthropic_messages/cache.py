"""Tell where the cache breakpoints of a request stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.anthropic_messages.tools import tool_name
from probe.renderers.blocks import Block, Note, Settings

_DEFAULT_TTL = "5m"
"""https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching"""


def breakpoint_notes(control: Any) -> Iterator[Block]:
    """Tell that what came so far is cached, and for how long."""
    lasts = _lasts(control)
    if lasts is not None:
        yield Note(text=f"Cache breakpoint ({lasts})")
    elif control is not None:
        yield Settings(pairs=(("cache_control", control),))


def breakpoint_summary(fields: dict[str, Any]) -> Iterator[Block]:
    """Tell in one line where all breakpoints of a request stand, in the order in which the cache is read."""
    found = [
        *(f"tool {tool_name(one)} ({lasts})" for one, lasts in _marked(fields.get("tools"))),
        *(f"system #{number} ({lasts})" for number, lasts in _places(fields.get("system"))),
        *(f"message #{place} ({lasts})" for place, lasts in _in_messages(fields.get("messages"))),
    ]
    if found:
        yield Note(text=f"Cache breakpoints: {', '.join(found)}")


def _in_messages(messages: Any) -> Iterator[tuple[str, str]]:
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        yield from ((f"{number} block {place}", lasts) for place, lasts in _places(content))
        for place, part in enumerate(content if isinstance(content, list) else ()):
            inner = part.get("content") if isinstance(part, dict) else None
            yield from ((f"{number} block {place}.{within}", lasts) for within, lasts in _places(inner))


def _places(parts: Any) -> Iterator[tuple[int, str]]:
    for number, part in enumerate(parts if isinstance(parts, list) else ()):
        lasts = _lasts(part.get("cache_control")) if isinstance(part, dict) else None
        if lasts is not None:
            yield number, lasts


def _marked(parts: Any) -> Iterator[tuple[dict[str, Any], str]]:
    return ((parts[number], lasts) for number, lasts in _places(parts))


def _lasts(control: Any) -> str | None:
    """Give how long a breakpoint's content is kept, and what else is said of it; None when it is none."""
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        return None
    others = (f"{name}: {value}" for name, value in control.items() if name not in ("type", "ttl"))
    return ", ".join([str(control.get("ttl") or _DEFAULT_TTL), *others])
