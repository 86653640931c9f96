"""Write blocks in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probe.renderers.blocks import (
    Block,
    Body,
    CacheBreakpoint,
    Encrypted,
    Failure,
    Media,
    Message,
    Note,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
    Unknown,
)
from probe.report.plain_text import compact, visible

PREVIEW = 80
"""Characters of a message or description that a table shows."""
# A text is cut roughly first, so that cleaning costs nothing, with room for spaces and tags that go.
_ROUGH = 8 * PREVIEW


def preview(blocks: Sequence[Block]) -> str:
    """Return the beginning of what blocks say."""
    # The fields beside a text are shown only where there is no text.
    shown = [block for block in blocks[:4] if type(block) not in (Settings, CacheBreakpoint, Unknown)] or blocks[:1]
    return cut(" ".join(filter(None, map(_words, shown))))


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
            text = block.summary or block.text
            return text[:_ROUGH] if text else "(encrypted)" if block.encrypted_characters else ""
        case ToolCall():
            return f"{block.name} {_compact(block.arguments)}"
        case ToolResult():
            return " ".join(map(_words, block.content[:3]))
        case Body():
            return _compact(block.value)
        case Media():
            origin = block.source or block.media_type
            return f"({block.label}: {origin})" if origin else f"({block.label})"
        case Encrypted():
            return f"({block.what}, encrypted)"
        case Message():
            return " ".join(map(_words, block.content[:3]))
        case Tool():
            return block.name
        case Tools():
            return ", ".join(tool.name for tool in block.tools)[:_ROUGH]
        case Settings():
            return _joined(f"{name}: {_compact(value)}" for name, value in block.pairs)
        case Failure():
            return block.message[:_ROUGH]
        case Unknown():
            return block.what
    return ""


def _compact(value: object) -> str:
    text = value if isinstance(value, str) else compact(value)
    return text[:_ROUGH]


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)[:_ROUGH]
