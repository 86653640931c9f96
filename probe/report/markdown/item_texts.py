"""Write the items of requests: each distinct one once, then lists of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from probe.renderers.api import Kind
from probe.renderers.blocks import Block, Message, Settings, Tool, Tools
from probe.report.markdown.blocks import flat, markdown
from probe.report.markdown.escape import code, fold, inline
from probe.report.markdown.preview import cut, preview
from probe.report.markdown.shortened import shortened
from probe.report.markdown.spool import Spool
from probe.report.markdown.tables import MESSAGE_COLUMNS, message_title, plural, table, tool_rows
from probe.trace.items import NewItem

OPEN = 800
"""Bytes of a message's text up to which it is not folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemText:
    """What is written of an item besides its full text, which is in the spool."""

    kind: Kind
    name: str
    rows: tuple[tuple[str, ...], ...]
    """Its row in a table of messages, without the number, or its rows in a table of tools."""
    title: str
    """What it is called where it is folded."""
    beginning: str
    """The beginning of a message's text."""
    line: str | None
    """A setting in one line; None where it is too long for that."""


class ItemTexts:
    """The texts of all distinct items of a record."""

    def __init__(self, spool: Spool, *, full: bool = True) -> None:
        """`full` is false where long results of tools are not wanted whole."""
        self._spool, self._full = spool, full
        self._texts: dict[int, ItemText] = {}

    def add(self, item: NewItem) -> None:
        """Write a new item."""
        number, blocks = item.known.number, item.blocks
        self._texts[number] = _described(item)
        message = next((block for block in blocks if isinstance(block, Message)), None)
        shown: Sequence[Block] = message.content if message and len(blocks) == 1 else blocks
        if item.known.failed:
            shown = [
                Settings(pairs=((f"Shown as it is, because the renderer failed: {item.known.failed}", item.value),))
            ]
        self._spool.put(("item", number), markdown(shown if self._full else map(shortened, shown)))

    def merge(self, texts: Mapping[int, ItemText], moved: Sequence[int]) -> None:
        """Add the items of another part of the record; `moved` has the number here of each of them."""
        for number, text in texts.items():
            self._texts.setdefault(moved[number], text)

    def described(self) -> dict[int, ItemText]:
        """Return what is written of all items besides their texts."""
        return self._texts

    def __getitem__(self, number: int) -> ItemText:
        """Return what is written of an item."""
        return self._texts[number]

    def text(self, number: int) -> str:
        """Return the full text of an item."""
        return self._spool.get(("item", number))

    def settings(self, numbers: Iterable[int]) -> str:
        """Write settings: short ones in one line, the others folded."""
        found = list(numbers)
        line = " · ".join(line for number in found if (line := self._texts[number].line) is not None)
        folds = [self.text(number) for number in found if self._texts[number].line is None]
        return "\n".join([line + "\n", *folds] if line else folds)

    def messages(self, places: Sequence[tuple[str, int]], title: str) -> str:
        """Write messages as a table with their full texts folded below it; `places` are number in the request, item."""
        rows = [(place, *self._texts[number].rows[0]) for place, number in places]
        full = "\n".join(fold(f"#{place} {self._texts[number].title}", self.text(number)) for place, number in places)
        head = f"**{inline(title)}:** {plural(len(places), 'item')}\n"
        return f"{head}\n{table(MESSAGE_COLUMNS, rows)}\n{full}" if places else head

    def message(self, place: int, number: int) -> str:
        """Write one message: a short one open, a long one folded behind its beginning."""
        text, title = self.text(number), f"#{place} {self._texts[number].title}"
        if self._spool.size(("item", number)) <= OPEN:
            return f"**{inline(title)}**\n\n{text}"
        beginning = self._texts[number].beginning
        return fold(f"{title}: {beginning}" if beginning else title, text)

    def tools(self, numbers: Sequence[int], title: str = "Tools") -> str:
        """Write tools as a table with their definitions folded below it."""
        rows = [row for number in numbers for row in self._texts[number].rows]
        definitions = "\n".join(self.text(number) for number in numbers)
        head = f"**{inline(title)}:** {len(rows):,}\n"
        columns = ("tool", "type", "description")
        return f"{head}\n{table(columns, rows)}\n{fold('Tool definitions', definitions)}" if rows else head


def _described(item: NewItem) -> ItemText:
    known, blocks = item.known, item.blocks
    rows: tuple[tuple[str, ...], ...] = ()
    title, beginning, line = known.kind.value, "", None
    if known.kind is Kind.MESSAGE:
        message = next((one for one in blocks if isinstance(one, Message)), None)
        message = message or Message(role=None, type="(not read)", content=tuple(blocks))
        beginning = preview(message.content)
        rows = ((inline(message.role or ""), code(message.type), inline(beginning)),)
        title = message_title("", message).removeprefix("# ")
    elif known.kind is Kind.TOOL:
        rows = tuple(row for block in blocks for row in tool_rows(_tools(block)))
        rows = rows or (("(not read)", "", ""),)
        title = ", ".join(cut(tool.name) for block in blocks for tool in _tools(block))
    elif known.kind is Kind.SETTING:
        line, title = _line(blocks), known.name
    return ItemText(kind=known.kind, name=known.name, rows=rows, title=title, beginning=beginning, line=line)


def _tools(block: Block) -> tuple[Tool, ...]:
    return (block,) if isinstance(block, Tool) else block.tools if isinstance(block, Tools) else ()


def _line(blocks: Sequence[Block]) -> str | None:
    """Return a setting in one line; None where it is too long for that, or is more than a value."""
    match blocks:
        case [Settings(pairs=((name, value),))]:
            text = flat(value)
            return None if text is None else f"**{inline(name)}:** {code(text)}"
    return None
