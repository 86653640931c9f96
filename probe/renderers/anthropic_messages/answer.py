"""A message of the model: its fields, its content, its stop reason and its usage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from probe.renderers.anthropic_messages.content import content_blocks, part_blocks
from probe.renderers.api import Answer, Part, Source, Stop
from probe.renderers.blocks import Block, Incomplete, Refusal, Unknown
from probe.renderers.fields import Fields
from probe.renderers.parts import listed, usage_blocks
from probe.renderers.usage import anthropic_messages

OUTPUT = "Output text"
"""Label of the texts of an answer."""
STOP_REASONS: dict[str, tuple[Stop, str | None]] = {
    "end_turn": (Stop.END, None),
    "stop_sequence": (Stop.END, None),
    "tool_use": (Stop.TOOL_CALL, None),
    "refusal": (Stop.FILTERED, None),
    "max_tokens": (Stop.LENGTH, "the answer reached max_tokens"),
    "model_context_window_exceeded": (Stop.LENGTH, "the context window is full"),
    "pause_turn": (Stop.PAUSED, "the API paused a long turn, which continues when it is sent back as it is"),
    "compaction": (Stop.PAUSED, "the API paused after a compaction; the turn continues when it is sent back as it is"),
}
"""Why an answer ended, and what is incomplete about it; None when nothing is."""

_SETTINGS = (
    *("id", "model", "stop_reason", "stop_sequence", "stop_details", "container", "context_management"),
    *("diagnostics", "input_transformations"),
    *("amazon-bedrock-invocationMetrics", "amazon-bedrock-guardrailAction", "amazon-bedrock-trace"),
)
_COUNTS = (
    *("cache_creation", "output_tokens_details", "server_tool_use", "service_tier", "speed", "inference_geo"),
    *("iterations", "fallback_credit"),
)


class MadePart(NamedTuple):
    """One content block of an answer, in the form of a whole answer."""

    source: Source
    value: Any
    finished: bool = True


def message_answer(body: Any) -> Answer | None:
    """Return the answer in a whole message; None for any other body."""
    match body:
        case {"type": "message"} | {"role": "assistant", "content": list()}:
            content = enumerate(listed(body.get("content")))
            return made(body, (MadePart(f"content[{index}]", part) for index, part in content))
        case _:
            return None


def made(
    message: dict[str, Any],
    parts: Iterable[MadePart],
    *,
    after: Iterable[Block] = (),
    ended: bool = True,
    known: bool = True,
) -> Answer:
    """Return an answer of a message's fields and its content; `after` is shown at the end."""
    content = list(parts)
    fields = Fields(message)
    fields.take("content")
    fields.drop("type", "message")
    fields.drop("role", "assistant")
    settings = tuple(fields.details(*_SETTINGS))
    usage, counts = usage_blocks(fields.take("usage"), anthropic_messages, _COUNTS)
    word = message.get("stop_reason")
    reason = word if isinstance(word, str) else None
    sent_back = {"role": "assistant", "content": [part.value for part in content]}
    return Answer(
        parts=tuple(
            Part(source=part.source, blocks=tuple(part_blocks(part.value, OUTPUT, finished=part.finished)))
            for part in content
        ),
        before=settings,
        after=(*_ending(message, reason), *counts, *fields.unknown(), *after),
        model=_text(message.get("model")),
        response_id=_text(message.get("id")),
        stop=None if reason is None else STOP_REASONS.get(reason, (Stop.OTHER, None))[0],
        stop_word=reason,
        usage=usage,
        ended=ended,
        known=known,
        sent_back=(sent_back,) if content else (),
    )


def message_blocks(message: dict[str, Any]) -> Iterator[Block]:
    """Yield a whole message; any other object is shown as content."""
    answer = message_answer(message)
    return answer.blocks if answer else content_blocks(message)


def _ending(message: dict[str, Any], reason: str | None) -> Iterator[Block]:
    if reason == "refusal":
        details = message.get("stop_details")
        words = details.get("explanation") if isinstance(details, dict) else None
        yield Refusal(text=words if isinstance(words, str) else "")
    elif reason and reason not in STOP_REASONS:
        yield Unknown(what=f"stop reason {reason!r}", value=reason)
    elif reason and (incomplete := STOP_REASONS[reason][1]):
        yield Incomplete(reason=f"{reason}: {incomplete}")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
