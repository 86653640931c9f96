"""The whole answer that a stream adds up to, for formats that keep it beside the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.record.exchange import UnreadExchange
from probe.renderers.blocks import Block, Message, Reasoning, Refusal, Text, ToolCall, Usage
from probe.renderers.loader import Renderer
from probe.trace.exchanges import ExchangeReader


class Answers:
    """Reads the exchanges of a record one by one."""

    def __init__(self, renderer: Renderer) -> None:
        self._reader = ExchangeReader(renderer, structured=False)

    def answer(self, exchange: UnreadExchange) -> dict[str, Any] | None:
        """Return the last answer in an exchange as a message of Anthropic's form; None where there is none."""
        traced = self._reader.read(exchange)
        self._reader.items.take_new()
        turn = traced.turns[-1] if traced.turns else None
        if turn is None or turn.answer is None:
            return None
        return {
            "id": turn.answer.response_id,
            "type": "message",
            "role": "assistant",
            "model": turn.answer.model or turn.asked.model,
            "content": list(_content(turn.response)),
            "stop_reason": turn.answer.stop_word,
            "usage": _usage(turn.answer.usage),
        }


def _content(blocks: Iterable[Block]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        match block:
            case Message():
                yield from _content(block.content)
            case Text() | Refusal():
                yield {"type": "text", "text": block.text}
            case Reasoning():
                yield {"type": "thinking", "thinking": block.text or block.summary or ""}
            case ToolCall():
                yield {"type": "tool_use", "id": block.call_id, "name": block.name, "input": block.arguments}


def _usage(usage: Usage | None) -> dict[str, int]:
    """Return tokens as Anthropic counts them: those of the cache are not among the input."""
    if usage is None:
        return {}
    read, written = usage.cache_read or 0, usage.cache_write or 0
    return {
        "input_tokens": (usage.input or 0) - read - written,
        "output_tokens": usage.output or 0,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }
