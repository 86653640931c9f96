"""Write the blocks that are tables: conversations, tools, event counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from probe.renderers.blocks import Block, Conversation, Entry, EventCounts, Tool, Tools
from probe.renderers.markdown.escape import code, fence, fold, inline, pretty
from probe.renderers.markdown.preview import cut, preview


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
    rows = [(code(name), code(tool.type), inline(cut(tool.description or ""))) for name, tool in _named(block.tools)]
    definitions = fold("Tool definitions", fence(pretty([tool.definition for tool in block.tools]), "json"))
    spaces = sum(bool(tool.tools) for _, tool in _named(block.tools))
    within = f" in {plural(spaces, 'namespace')}" if spaces else ""
    head = f"**{inline(block.title)}:** {len(rows) - spaces:,}{within}\n"
    return f"{head}\n{table(('tool', 'type', 'description'), rows)}\n{definitions}" if rows else head


def _named(tools: Iterable[Tool], prefix: str = "") -> Iterable[tuple[str, Tool]]:
    for tool in tools:
        # Cut, since a namespace's name stands before each of its tools.
        name = prefix + cut(tool.name)
        yield name, tool
        yield from _named(tool.tools, f"{name} / ")


def conversation(block: Conversation, write: Callable[[Iterable[Block]], str]) -> str:
    """Write a conversation as a table, with each message's full content folded below it."""
    count = plural(block.before + len(block.entries), "item")
    head = f"**{inline(block.title)}:** {count}\n"
    if not block.entries:
        return head
    rows = (
        (str(entry.index), inline(entry.role or ""), code(entry.type), inline(preview(entry.content)))
        for entry in block.entries
    )
    content = table(("#", "role", "type", "preview"), rows)
    if block.before:
        content = f"The first {plural(block.before, 'item')}: see the turns before.\n\n{content}"
    full = "\n".join(fold(_title(entry), write(entry.content)) for entry in block.entries)
    if block.brief:
        return fold(f"{block.title}: {count}", content)
    return f"{head}\n{content}\n{full}"


def _title(entry: Entry) -> str:
    return f"#{entry.index} {' '.join(filter(None, (entry.role, entry.type)))}"
