"""The content blocks that messages, tool results and answers are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.anthropic_messages.cache import breakpoints
from probe.renderers.anthropic_messages.citations import citation_blocks
from probe.renderers.anthropic_messages.media_parts import MEDIA
from probe.renderers.anthropic_messages.part_context import Context, RenderPart, encrypted
from probe.renderers.anthropic_messages.tool_parts import TOOLS
from probe.renderers.blocks import Block, Note, Reasoning, Text, Unknown
from probe.renderers.fields import Fields
from probe.renderers.parts import each_part


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Yield a content, a string or a list of blocks; `label` goes over its texts."""
    return each_part(content, part_blocks, label)


def part_blocks(part: Any, label: str | None = None, *, finished: bool = True) -> Iterator[Block]:
    """Yield one content block, and the cache breakpoint after it; `finished` means that it is complete."""
    match part:
        case str():
            yield Text(text=part, label=label)
        case {"type": str(kind)} if kind in PARTS:
            fields = Fields(part)
            fields.take("type")
            yield from PARTS[kind](fields, Context(content_blocks, label, finished))
            marks = list(breakpoints(fields))
            yield from fields.unknown()
            yield from marks
        case {"type": other}:
            yield Unknown(what=f"content block {other!r}", value=part)
        case other:
            yield Unknown(what="content block without a type", value=other)


def _text(part: Fields, context: Context) -> Iterator[Block]:
    if (text := part.text("text")) is not None:
        yield Text(text=text, label=context.label)
    yield from citation_blocks(part.list("citations") or [])


def _thinking(part: Fields, _context: Context) -> Iterator[Block]:
    # The signature holds the whole thinking, encrypted; what is in the clear may be a summary, or nothing.
    text, signature = part.text("thinking"), part.text("signature")
    yield Reasoning(summary=None, text=text, encrypted_characters=None if signature is None else len(signature))
    yield from part.details("estimated_tokens")


def _redacted_thinking(part: Fields, _context: Context) -> Iterator[Block]:
    data = part.text("data")
    yield Reasoning(summary=None, encrypted_characters=None if data is None else len(data))


def _compaction(part: Fields, _context: Context) -> Iterator[Block]:
    yield Note(text="What came before is compacted.")
    yield from content_blocks(part.take("content"), "Compacted")
    yield from content_blocks(part.list("tool_changes"))
    yield from encrypted(part, "signature", "encrypted_content")


def _fallback(part: Fields, _context: Context) -> Iterator[Block]:
    models = [_model(part, name) for name in ("from", "to")]
    yield Note(text=f"From here on, {models[1]} answers instead of {models[0]}.")
    yield from part.details("trigger")


def _model(part: Fields, name: str) -> str:
    """Take the name of a model; whatever is not just that stays."""
    match part.peek(name):
        case {"model": str(model), **others} if not others:
            part.take(name)
            return model
        case _:
            return "another model"


def _browser_state(part: Fields, _context: Context) -> Iterator[Block]:
    yield Note(text="State of the browser:")
    yield from part.details("tabs", "state_changes")


PARTS: dict[str, RenderPart] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    **MEDIA,
    **TOOLS,
    "compaction": _compaction,
    "fallback": _fallback,
    "browser_state": _browser_state,
}
"""Renders each type of content block, those within a tool's result included."""
