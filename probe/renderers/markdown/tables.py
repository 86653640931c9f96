"""Write the blocks that are tables: conversations, tools, event counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from probe.renderers.blocks import (
    Block,
    Conversation,
    Entry,
    EventCounts,
    Image,
    Raw,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.renderers.markdown.escape import code, fence, fold, inline, pretty, visible

_PREVIEW = 80
"""Characters of a message or description that its table shows."""


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of cells that are escaped already."""
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def plural(number: int, word: str) -> str:
    """Tell a number of things."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def event_table(block: EventCounts) -> str:
    """Write how a stream was made up."""
    total = sum(count for _, count in block.counts)
    comments = f", {plural(block.comments, 'comment')}" if block.comments else ""
    line = f"**Stream:** {plural(block.size, 'byte')}, {plural(total, 'event')}{comments}\n"
    rows = ((code(name), f"{count:,}") for name, count in block.counts)
    return f"{line}\n{table(('event', 'count'), rows)}" if total else line


def tool_table(block: Tools) -> str:
    """Write the tools by name and type, and their definitions folded."""
    rows = [(code(name), code(tool.type), inline(_cut(tool.description or ""))) for name, tool in _named(block.tools)]
    definitions = fold("Tool definitions", fence(pretty([tool.definition for tool in block.tools]), "json"))
    head = f"**{inline(block.title)}:** {len(rows):,}\n"
    return f"{head}\n{table(('tool', 'type', 'description'), rows)}\n{definitions}" if rows else head


def _named(tools: Iterable[Tool], prefix: str = "") -> Iterable[tuple[str, Tool]]:
    for tool in tools:
        yield prefix + tool.name, tool
        yield from _named(tool.tools, f"{prefix}{tool.name} / ")


def conversation(block: Conversation, write: Callable[[Iterable[Block]], str]) -> str:
    """Write a conversation as a table, with each message's full content folded below it."""
    head = f"**{inline(block.title)}:** {plural(len(block.entries), 'item')}\n"
    if not block.entries:
        return head
    rows = (
        (str(entry.index), inline(entry.role or ""), code(entry.type), inline(preview(entry.content)))
        for entry in block.entries
    )
    content = table(("#", "role", "type", "preview"), rows)
    full = "\n".join(fold(_title(entry), write(entry.content)) for entry in block.entries)
    if block.brief:
        return fold(f"{block.title}: {plural(len(block.entries), 'item')}", content)
    return f"{head}\n{content}\n{full}"


def _title(entry: Entry) -> str:
    return f"#{entry.index} {' '.join(filter(None, (entry.role, entry.type)))}"


def preview(blocks: Sequence[Block]) -> str:
    """Give the beginning of what blocks say, in one line."""
    return _cut(" ".join(filter(None, map(_words, blocks[:3]))))


def _cut(text: str) -> str:
    # Cleaned before it is cut, so that no half of a redaction's tag is left over.
    line = " ".join(visible(text[: 8 * _PREVIEW].replace("\n", " ")).split())
    return line if len(line) <= _PREVIEW else line[:_PREVIEW] + "…"


def _words(block: Block) -> str:
    match block:
        case Text() | Refusal():
            return block.text[: 8 * _PREVIEW]
        case Reasoning():
            told = block.summary or block.text
            return told[: 8 * _PREVIEW] if told else "(encrypted)" if block.encrypted_characters else ""
        case ToolCall():
            told = block.arguments if isinstance(block.arguments, str) else pretty(block.arguments)
            return f"{block.name} {told[: 8 * _PREVIEW]}"
        case ToolResult():
            return " ".join(map(_words, block.content[:3]))
        case Image():
            return f"({block.kind} {block.source or block.media_type or ''})"
        case Raw():
            return block.reason
    return ""
