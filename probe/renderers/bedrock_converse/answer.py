"""An answer of Converse: its fields, its content, its stop reason and its usage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from probe.renderers.api import Answer, Part, Source, Stop
from probe.renderers.bedrock_converse.content import part_blocks
from probe.renderers.blocks import Block, Unknown
from probe.renderers.fields import Fields
from probe.renderers.parts import listed, usage_blocks
from probe.renderers.usage import bedrock_converse

STOP_REASONS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.END,
    "tool_use": Stop.TOOL_CALL,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "guardrail_intervened": Stop.FILTERED,
    "content_filtered": Stop.FILTERED,
    "malformed_model_output": Stop.FAILED,
    "malformed_tool_use": Stop.FAILED,
}
_SETTINGS = ("stopReason", "metrics", "trace", "additionalModelResponseFields", "performanceConfig", "serviceTier")


class MadePart(NamedTuple):
    """One content block of an answer, in the form of a whole answer."""

    source: Source
    value: Any


def whole_answer(body: Any) -> Answer | None:
    """Return the answer in a body; None for any other body."""
    match body:
        case {"output": {"message": dict(message)}}:
            content = enumerate(listed(message.get("content")))
            parts = [MadePart(f"output.message.content[{index}]", part) for index, part in content]
            return made(body, message, parts)
        case _:
            return None


def made(
    body: dict[str, Any],
    message: dict[str, Any],
    parts: list[MadePart],
    *,
    after: Iterable[Block] = (),
    ended: bool = True,
    known: bool = True,
) -> Answer:
    """Return an answer of its fields, those of its message, and its content; `after` is shown at the end."""
    fields, output, inner = Fields(body), Fields(body.get("output")), Fields(message)
    fields.take("output")
    output.take("message")
    inner.take("content")
    inner.drop("role", "assistant")
    settings = tuple(fields.details(*_SETTINGS))
    usage, counts = usage_blocks(fields.take("usage"), bedrock_converse, ("cacheDetails",))
    word = body.get("stopReason")
    reason = word if isinstance(word, str) else None
    odd = [Unknown(what=f"stop reason {reason!r}", value=reason)] if reason and reason not in STOP_REASONS else []
    return Answer(
        parts=tuple(Part(source=part.source, blocks=tuple(part_blocks(part.value, "Output text"))) for part in parts),
        before=settings,
        after=(*odd, *counts, *inner.unknown(), *output.unknown(), *fields.unknown(), *after),
        stop=None if reason is None else STOP_REASONS.get(reason, Stop.OTHER),
        stop_word=reason,
        usage=usage,
        ended=ended,
        known=known,
        sent_back=({"role": "assistant", "content": [part.value for part in parts]},) if parts else (),
    )
