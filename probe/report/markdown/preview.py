"""Tell in one line what blocks say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probe.renderers.blocks import (
    Block,
    Body,
    Failure,
    Image,
    Note,
    Raw,
    Reasoning,
    Refusal,
    Settings,
    Text,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.renderers.markdown.escape import compact, visible

PREVIEW = 80
"""Characters of a message or description that a table shows."""
# A text is cut roughly first, so that cleaning costs nothing, with room for spaces and tags that go.
_ROUGH = 8 * PREVIEW


def preview(blocks: Sequence[Block]) -> str:
    """Give the beginning of what blocks say."""
    # The fields that stand beside a text are told only where there is no text.
    told = [block for block in blocks[:4] if not isinstance(block, Settings)] or blocks[:1]
    return cut(" ".join(filter(None, map(_words, told))))


def cut(text: str) -> str:
    """Cut a text to one short line."""
    # Cleaned before it is cut, so that no half of a redaction's tag is left over.
    line = " ".join(visible(text[:_ROUGH].replace("\n", " ")).split())
    return line if len(line) <= PREVIEW else line[:PREVIEW] + "…"


def _words(block: Block) -> str:
    match block:
        case Text() | Refusal() | Note():
            return block.text[:_ROUGH]
        case Reasoning():
            told = block.summary or block.text
            return told[:_ROUGH] if told else "(encrypted)" if block.encrypted_characters else ""
        case ToolCall():
            return f"{block.name} {_compact(block.arguments)}"
        case ToolResult():
            return " ".join(map(_words, block.content[:3]))
        case Body():
            return _compact(block.value)
        case Image():
            told = block.source or block.media_type
            return f"({block.kind}: {told})" if told else f"({block.kind})"
        case Tools():
            return ", ".join(tool.name for tool in block.tools)[:_ROUGH]
        case Settings():
            return _joined(f"{name}: {_compact(value)}" for name, value in block.pairs)
        case Failure():
            return block.message[:_ROUGH]
        case Raw():
            return block.reason
    return ""


def _compact(value: object) -> str:
    text = value if isinstance(value, str) else compact(value)
    return text[:_ROUGH]


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)[:_ROUGH]
