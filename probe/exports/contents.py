"""What requests and answers say, kept in a temporary file while a record is read: each distinct item once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from probe.exports.json_text import json_text
from probe.exports.parts import Part, definitions, message_of, parts_of
from probe.exports.request_settings import settings_of
from probe.renderers.api import Kind
from probe.renderers.blocks import Message
from probe.report.markdown.spool import Spool
from probe.trace.facts import TurnFacts
from probe.trace.items import Known, NewItem
from probe.trace.turns import Traced

_ITEM, _TOOLS, _ANSWER = "item", "tools", "answer"


class Contents:
    """The messages, instructions and tools of all items, and the answers of all turns, as JSON."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._settings: dict[int, dict[str, Any]] = {}
        """What each item sets of what the conventions have names for."""
        self.streamed: set[int] = set()
        """Numbers of the turns whose answers were streams."""

    def add(self, traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        """Add an exchange, and the items that are new with it."""
        for item in new:
            if item.known.kind is Kind.SETTING:
                if found := settings_of(item.known.name, item.value):
                    self._settings[item.known.number] = found
                continue
            self._spool.put((_ITEM, item.known.number), _joined(_pieces(item)))
            if item.known.features.offered:
                self._spool.put((_TOOLS, item.known.number), _joined(definitions(item.blocks)))
        for turn in traced.turns:
            # Only what answers a call of this API is an answer: an error is in the turn's facts.
            parts = parts_of(turn.response) if turn.answer is not None else []
            self._spool.put((_ANSWER, turn.number), _joined(parts))
            if turn.counts is not None:
                self.streamed.add(turn.number)

    def texts(self, numbers: Iterable[int]) -> str:
        """Return a JSON list of what items hold: messages, or parts of instructions."""
        return self._list(_ITEM, numbers)

    def tools_text(self, numbers: Iterable[int]) -> str:
        """Return the definitions of the tools that items offer as a JSON list; some agents send them in a message."""
        return self._list(_TOOLS, numbers)

    def tools(self, numbers: Iterable[int]) -> list[Part]:
        """Return the definitions of the tools that items offer."""
        found: list[Part] = msgspec.json.decode(self.tools_text(numbers))
        return found

    def _list(self, what: str, numbers: Iterable[int]) -> str:
        return f"[{','.join(filter(None, (self._spool.get((what, number)) for number in numbers)))}]"

    def item(self, number: int) -> list[Part]:
        """Return what one item holds."""
        found: list[Part] = msgspec.json.decode(self.texts([number]))
        return found

    def answer_text(self, turn: TurnFacts) -> str:
        """Return the parts of a turn's answer as a JSON list."""
        return f"[{self._spool.get((_ANSWER, turn.number))}]"

    def answer(self, turn: TurnFacts) -> list[Part]:
        """Return the parts of a turn's answer."""
        found: list[Part] = msgspec.json.decode(self.answer_text(turn))
        return found

    def settings(self, turn: TurnFacts) -> dict[str, Any]:
        """Return what a request sets of what the conventions have names for."""
        found: dict[str, Any] = {}
        for number in turn.items:
            found |= self._settings.get(number, {})
        return found

    def close(self) -> None:
        """Delete the temporary file."""
        self._spool.close()


def by_kind(turn: TurnFacts, items: Sequence[Known]) -> dict[Kind, list[int]]:
    """Return the numbers of a request's items by their kind."""
    found: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for number in turn.items:
        found[items[number].kind].append(number)
    return found


def _joined(parts: Iterable[Part]) -> str:
    return ",".join(map(json_text, parts))


def _pieces(item: NewItem) -> list[Part]:
    match item.known.kind:
        case Kind.TOOL:
            return []
        case Kind.INSTRUCTIONS:
            return parts_of(item.blocks)
    if item.known.failed:
        return [{"role": "unknown", "parts": [{"type": "unknown", "what": item.known.failed, "value": item.value}]}]
    return [message_of(one) if isinstance(one, Message) else _bare([one]) for one in item.blocks]


def _bare(blocks: Sequence[Any]) -> Part:
    """Return a message of blocks that are in none."""
    return message_of(Message(role="user", type="message", content=tuple(blocks)))
