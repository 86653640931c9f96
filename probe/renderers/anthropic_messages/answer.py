"""Tell a message of the model: what it says, how it ended, and what it took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.anthropic_messages.content import content_blocks
from probe.renderers.blocks import Block, Failure, Incomplete, Note, Refusal, Settings
from probe.renderers.parts import counts_left
from probe.renderers.usage import anthropic_messages

OUTPUT = "Output text"
"""What stands over the texts of an answer."""
STOP_REASONS: dict[str, str | None] = {
    "end_turn": None,
    "tool_use": None,
    "stop_sequence": None,
    "refusal": None,
    "max_tokens": "the answer reached max_tokens",
    "model_context_window_exceeded": "the context window is full",
    "pause_turn": "the API paused a long turn; sent back as it is, the turn goes on",
    "compaction": "the API paused after it compacted what came before; sent back as it is, the turn goes on",
}
"""What is incomplete about an answer that stopped for a reason; None when nothing is."""

_FIRST = ("id", "model", "stop_reason", "stop_sequence")
_TOLD_ELSEWHERE = ("type", "role", "content", "usage")
_USAGE = (
    *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    "thinking_tokens",
)


def message_blocks(message: dict[str, Any]) -> Iterator[Block]:
    """Tell a whole message."""
    yield from settings(message)
    yield from content_blocks(message.get("content"), OUTPUT)
    yield from ending(message)


def settings(message: dict[str, Any]) -> Iterator[Block]:
    """Tell the fields of a message."""
    others = (name for name in message if name not in _FIRST and name not in _TOLD_ELSEWHERE)
    names = [name for name in (*_FIRST, *others) if message.get(name) is not None]
    if names:
        yield Settings(pairs=tuple((name, message[name]) for name in names))


def ending(message: dict[str, Any]) -> Iterator[Block]:
    """Tell how a message ended, and what it took."""
    reason = message.get("stop_reason")
    if reason == "refusal":
        details = message.get("stop_details")
        told = details.get("explanation") if isinstance(details, dict) else None
        yield Refusal(text=told if isinstance(told, str) else "")
    elif isinstance(reason, str) and STOP_REASONS.get(reason):
        yield Incomplete(reason=f"{reason}: {STOP_REASONS[reason]}")
    elif isinstance(reason, str) and reason not in STOP_REASONS:
        yield Note(text=f"It stopped for a reason that is not known here: {reason}")
    yield from usage_blocks(message.get("usage"))


def usage_blocks(usage: Any) -> Iterator[Block]:
    """Tell what an answer took: tokens, how long the cache is kept, and what tools of the API's own were asked."""
    if not isinstance(usage, dict):
        return
    yield anthropic_messages(usage)
    yield from counts_left(usage, *_USAGE)


def failure_blocks(error: Any) -> Iterator[Block]:
    """Tell an error as the API writes it, or as a gateway of it does."""
    fields = error if isinstance(error, dict) else {"message": error}
    codes = (fields.get(name) for name in ("type", "status", "code"))
    code = next((str(code) for code in codes if code is not None), None)
    told = {name for name, value in fields.items() if value is not None}
    detail = error if told - {"message", "type"} else None
    yield Failure(message=str(fields.get("message") or "no message"), code=code, detail=detail)
