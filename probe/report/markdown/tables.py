"""Write the blocks that are tables: conversations, tools, event counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from probe.renderers.blocks import Block, Conversation, EventCounts, Message, Tool, Tools
from probe.report.markdown.escape import code, fence, fold, inline, pretty
from probe.report.plain_text import plural
from probe.report.preview import cut, preview


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of cells that are escaped already."""
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def event_table(block: EventCounts) -> str:
    """Write the events of a stream by type."""
    total = sum(count for _, count in block.counts)
    comments = f", {plural(block.comments, 'comment')}" if block.comments else ""
    line = f"**Stream:** {plural(block.size, 'byte')}, {plural(total, 'event')}{comments}\n"
    rows = ((code(name), f"{count:,}") for name, count in block.counts)
    return f"{line}\n{table(('event', 'count'), rows)}" if total else line


def tool_table(block: Tools) -> str:
    """Write the tools by name and type, and their definitions folded."""
    rows = tool_rows(block.tools)
    definitions = fold("Tool definitions", fence(pretty([tool.definition for tool in block.tools]), "json"))
    spaces = sum(bool(tool.tools) for _, tool in _named(block.tools))
    within = f" in {plural(spaces, 'namespace')}" if spaces else ""
    head = f"**{inline(block.title)}:** {len(rows) - spaces:,}{within}\n"
    return f"{head}\n{table(('tool', 'type', 'description'), rows)}\n{definitions}" if rows else head


def tool_rows(tools: Iterable[Tool]) -> list[tuple[str, ...]]:
    """Return a row for each tool, those of namespaces included."""
    return [(code(name), code(tool.type), inline(cut(tool.description or ""))) for name, tool in _named(tools)]


def _named(tools: Iterable[Tool], prefix: str = "") -> Iterable[tuple[str, Tool]]:
    for tool in tools:
        # Cut, because a namespace's name is put before each of its tools.
        name = prefix + cut(tool.name)
        yield name, tool
        yield from _named(tool.tools, f"{name} / ")


def conversation(block: Conversation, write: Callable[[Iterable[Block]], str]) -> str:
    """Write a conversation as a table, with each message's full content folded below it."""
    head = f"**{inline(block.title)}:** {plural(len(block.messages), 'item')}\n"
    if not block.messages:
        return head
    rows = (message_row(str(index), message) for index, message in enumerate(block.messages))
    full = "\n".join(
        fold(message_title(str(index), message), write(message.content)) for index, message in enumerate(block.messages)
    )
    return f"{head}\n{table(MESSAGE_COLUMNS, rows)}\n{full}"


MESSAGE_COLUMNS = ("#", "role", "type", "preview")


def message_row(number: str, message: Message) -> tuple[str, ...]:
    """Return the cells of a message in a table of messages."""
    return (number, inline(message.role or ""), code(message.type), inline(preview(message.content)))


def message_title(number: str, message: Message) -> str:
    """Return what a message is called where it is folded."""
    return f"#{number} {' '.join(filter(None, (message.role, message.type)))}"
