"""Note what is compared of a record while it is read: each distinct item is normalised once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from json import dumps
from typing import Any

from probe.compare.side import OfferedTool, Said, SentItem
from probe.record.canonical_json import canonical_json, number_of
from probe.renderers.api import Api, Kind
from probe.renderers.blocks import Block, Instructions, Message, Text, Tool, ToolResult, Tools, texts_of
from probe.slots.slots import Slots
from probe.trace.canonical import canonical_value
from probe.trace.features import SYSTEM_ROLES
from probe.trace.injected import injected_as
from probe.trace.items import NewItem
from probe.trace.tool_definitions import definition_of
from probe.trace.turns import Traced

KEPT = {"instructions": 1 << 16, "user": 1 << 14, "result": 1 << 11}
"""Characters that are kept of each text."""
ALL_KEPT = 4 << 20
"""Characters that are kept of all texts; of later ones only the beginning."""
SHORT = 400
_KEPT_VALUE = 1 << 13
"""Bytes of an item's JSON that is kept."""
_MOST_VALUES = 16
"""Values of a header that are kept."""
_LONGEST = 4000
"""Characters of a header that are kept."""


class Notes:
    """What is known of the distinct items of a record."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._room = ALL_KEPT
        self._placed: dict[str, str] = {}
        """The texts of the item that is being noted, with their places: what a rule counts at."""
        self.said: dict[int, tuple[Said, ...]] = {}
        """By the number of the item: the texts that it says."""
        self.items: dict[int, SentItem] = {}
        """By the number of the item: settings and messages."""
        self.headers: dict[str, dict[str, None]] = {}
        """By name in lower case: the values of headers of requests that call the model, normalised."""
        self.tools: dict[int, tuple[OfferedTool, ...]] = {}
        """By the number of the item: the tools that it offers."""

    def add(self, traced: Traced, new: Iterable[NewItem]) -> None:
        """Note the headers of an exchange, and items at their first appearance."""
        if traced.turns:
            for name, value in self._slots.headers(traced.exchange.request.headers).items():
                values = self.headers.setdefault(name, {})
                if len(values) < _MOST_VALUES:
                    values[str(value)[:_LONGEST]] = None
        for item in new:
            at = item.known.at.rpartition("].")[2] if item.known.at.startswith("ws[") else item.known.at
            if item.known.kind in (Kind.SETTING, Kind.MESSAGE):
                self.items[item.known.number] = self._item(traced.api, item, at)
            if item.known.kind is Kind.SETTING:
                continue
            self._placed = dict(_placed_texts(item.value, at))
            if tools := tuple(self._tools(item.blocks, at, None)):
                self.tools[item.known.number] = tools
            if said := tuple(self._texts(item.known.kind, item.blocks, at)):
                self.said[item.known.number] = said

    def _item(self, api: Api, item: NewItem, at: str) -> SentItem:
        value = self._slots.value(canonical_value(api, item.known.kind, item.value), at)
        text = canonical_json(value)
        kept = dumps(value, separators=(",", ":")) if len(text) <= _KEPT_VALUE and self._room > 0 else None
        self._room -= len(text) if kept is not None else 0
        return SentItem(at=at, name=item.known.name, key=number_of(text), json=kept)

    def _texts(self, kind: Kind, blocks: Iterable[Block], at: str) -> Iterator[Said]:
        for block in blocks:
            match block:
                case Text() if kind is Kind.INSTRUCTIONS:
                    yield self._said("instructions", "system", at, block.text)
                case Instructions():
                    for text in texts_of(block.content):
                        yield self._said("instructions", "system", at, text)
                case Message():
                    yield from self._message(block, at)

    def _message(self, message: Message, at: str) -> Iterator[Said]:
        results = [block for block in message.content if type(block) is ToolResult]
        for result in results:
            yield self._said("result", message.role, at, "\n".join(texts_of(result.content)))
        if message.role in SYSTEM_ROLES or message.role == "user":
            what = "user" if message.role == "user" else "instructions"
            for text in texts_of(message.content):
                yield self._said(what, message.role, at, text)

    def _said(self, what: str, role: str | None, at: str, text: str) -> Said:
        normal = self._normal(text, at)
        kept = normal[: KEPT[what] if self._room > 0 else SHORT]
        self._room -= len(kept)
        mark = injected_as(text) or _opening_tag(text) if what != "result" else None
        return Said(what=what, role=role, at=at, mark=mark, key=number_of(normal), text=kept, size=len(normal))

    def _normal(self, text: str, at: str) -> str:
        return self._slots.text(text, self._placed.get(text, at))

    def _tools(self, blocks: Iterable[Block], at: str, namespace: str | None) -> Iterator[OfferedTool]:
        for block in blocks:
            if type(block) is Tools:
                yield from self._tools(block.tools, f"{at}.tools", namespace)
            elif type(block) is Message:
                yield from self._tools(block.content, at, namespace)
            elif type(block) is Tool and block.tools:
                yield from self._tools(block.tools, at, block.name)
            elif type(block) is Tool:
                yield self._tool(block, at, namespace)

    def _tool(self, tool: Tool, at: str, namespace: str | None) -> OfferedTool:
        place = f"{at.removesuffix('[]')}[]" + (".tools[]" if namespace else "")
        schema, rest = definition_of(self._slots.value(tool.definition, place))
        return OfferedTool(
            name=tool.name,
            namespace=namespace,
            type=tool.type,
            at=at,
            description=None if tool.description is None else self._normal(tool.description, place),
            schema=schema,
            rest=rest,
            uses=0,
        )


def _placed_texts(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a JSON value, each with its place."""
    if isinstance(value, str):
        yield value, at
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _placed_texts(one, f"{at}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _placed_texts(one, f"{at}[]")


def _opening_tag(text: str) -> str | None:
    """Return the tag that a text opens with, such as `permissions instructions`."""
    begin = text.lstrip()[:80]
    name, closed, _ = begin[1:].partition(">") if begin.startswith("<") else ("", "", "")
    return name if closed and name and not name.startswith("/") and "\n" not in name else None


def calls_of(calls: Sequence[Any], slots: Slots) -> tuple[tuple[str, str], ...]:
    """Return the calls of a turn with their arguments normalised."""
    return tuple((call.name, slots.text(call.argument)) for call in calls)
