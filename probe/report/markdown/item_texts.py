"""Write the items of requests: each distinct one once, then lists of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from probe.renderers.api import Kind
from probe.renderers.blocks import Block, Message, Settings, Tool, Tools
from probe.report.markdown.blocks import markdown
from probe.report.markdown.changed_members import DROPPED, changed_members
from probe.report.markdown.escape import code, fold, inline
from probe.report.markdown.shortened import brief
from probe.report.markdown.spool import Spool
from probe.report.markdown.tables import MESSAGE_COLUMNS, message_title, table, tool_rows
from probe.report.markdown.values import flat, json_block
from probe.report.plain_text import compact, plural
from probe.report.preview import cut, preview
from probe.trace.items import NewItem

OPEN = 800
"""Bytes of a message's text up to which it is not folded."""
_TEXT, _VALUE = "item", "value of an item"
"""What is in the spool of an item, by its number."""


class ItemText(msgspec.Struct, frozen=True, kw_only=True):
    """What is written of an item besides its full text, which is in the spool."""

    kind: Kind
    name: str
    rows: tuple[tuple[str, ...], ...]
    """Its row in a table of messages, without the number, where all is wanted; or its rows in a table of tools."""
    title: str
    """What it is called where it is folded."""
    beginning: str
    """The beginning of a message's text, where that is folded or in a table."""
    line: str | None
    """A setting in one line; None where it is too long for that."""


class ItemTexts:
    """The texts of all distinct items of a record."""

    def __init__(self, spool: Spool, *, full: bool = True) -> None:
        """`full` is false where long results of tools are not wanted whole."""
        self._spool, self._full = spool, full
        self._texts: dict[int, ItemText] = {}
        self._answered: set[int] = set()
        """Canonical numbers of what answers said."""

    def add(self, item: NewItem) -> None:
        """Write a new item; what an answer said has been written with that answer, where not all is wanted."""
        known = item.known
        answered = not self._full and known.kind is Kind.MESSAGE and known.canonical in self._answered
        # A setting in one line has no other text.
        line = _line(item.blocks) if known.kind is Kind.SETTING else None
        if line is None and not answered:
            self._spool.put((_TEXT, known.number), self._text(item))
        if line is None and known.kind is Kind.SETTING and not self._full and isinstance(item.value, dict):
            self._spool.put((_VALUE, known.number), compact(item.value))
        self._texts[known.number] = self._described(item, line)

    def add_answered(self, canonical: Iterable[int]) -> None:
        """Remember what an answer said, by the canonical numbers of the items that a request repeats it as."""
        self._answered.update(canonical)

    def _text(self, item: NewItem) -> str:
        blocks = item.blocks
        if item.known.failed:
            why = f"Shown as it is, because the renderer failed: {item.known.failed}"
            return markdown([Settings(pairs=((why, item.value),))])
        if len(blocks) == 1 and type(blocks[0]) is Message:
            blocks = blocks[0].content
        return markdown(blocks) if self._full else brief(blocks)

    def _described(self, item: NewItem, line: str | None) -> ItemText:
        known, blocks = item.known, item.blocks
        rows: tuple[tuple[str, ...], ...] = ()
        title, beginning = known.kind.value, ""
        if known.kind is Kind.MESSAGE:
            message = next((one for one in blocks if type(one) is Message), None)
            message = message or Message(role=None, type="(not read)", content=tuple(blocks))
            title = message_title("", message).removeprefix("# ")
            if self._full or self._spool.size((_TEXT, known.number)) > OPEN:
                beginning = preview(message.content)
            if self._full:
                rows = ((inline(message.role or ""), code(message.type), inline(beginning)),)
        elif known.kind is Kind.TOOL:
            rows = tuple(row for block in blocks for row in tool_rows(_tools(block)))
            rows = rows or (("(not read)", "", ""),)
            title = ", ".join(cut(tool.name) for block in blocks for tool in _tools(block))
        elif known.kind is Kind.SETTING:
            title = known.name
        return ItemText(kind=known.kind, name=known.name, rows=rows, title=title, beginning=beginning, line=line)

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
        return self._spool.get((_TEXT, number))

    def settings(self, numbers: Iterable[int]) -> str:
        """Write settings: short ones in one line, the others folded."""
        return self.changed_settings((number, None) for number in numbers)

    def changed_settings(self, changes: Iterable[tuple[int, int | None]]) -> str:
        """Write settings with what they were before, if anything: of objects, only what changed in them."""
        lines: list[str] = []
        folds: list[str] = []
        for number, before in changes:
            line = self._texts[number].line
            old, new = self._spool.get((_VALUE, before)), self._spool.get((_VALUE, number))
            if line is not None:
                lines.append(line)
            elif old and new:
                for name, value in changed_members(self._texts[number].name, json.loads(old), json.loads(new)):
                    text = "*dropped*" if value is DROPPED else _code_line(value)
                    found = lines if text is not None else folds
                    found.append(fold(name, json_block(value)) if text is None else f"**{inline(name)}:** {text}")
            else:
                folds.append(self.text(number))
        return "\n".join([" · ".join(lines) + "\n", *folds] if lines else folds)

    def messages(self, places: Sequence[tuple[str, int]], title: str) -> str:
        """Write messages as a table with their full texts folded below it; `places` are number in the request, item."""
        rows = [(place, *self._texts[number].rows[0]) for place, number in places]
        full = "\n".join(fold(f"#{place} {self._texts[number].title}", self.text(number)) for place, number in places)
        head = f"**{inline(title)}:** {plural(len(places), 'item')}\n"
        return f"{head}\n{table(MESSAGE_COLUMNS, rows)}\n{full}" if places else head

    def message(self, place: int, number: int) -> str:
        """Write one message: a short one open, a long one folded behind its beginning."""
        text, title = self.text(number), f"#{place} {self._texts[number].title}"
        if self._spool.size((_TEXT, number)) <= OPEN:
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


def moved_key(key: tuple[Any, ...], moved: Sequence[int]) -> tuple[Any, ...]:
    """Return a key of the spool of another part of the record; `moved` has the number here of each item there."""
    return (key[0], moved[key[1]]) if key[0] in (_TEXT, _VALUE) else key


def _tools(block: Block) -> tuple[Tool, ...]:
    return (block,) if isinstance(block, Tool) else block.tools if isinstance(block, Tools) else ()


def _line(blocks: Sequence[Block]) -> str | None:
    """Return a setting in one line; None where it is too long for that, or is more than a value."""
    match blocks:
        case [Settings(pairs=((name, value),))]:
            text = _code_line(value)
            return None if text is None else f"**{inline(name)}:** {text}"
    return None


def _code_line(value: Any) -> str | None:
    text = flat(value)
    return None if text is None else code(text)
