"""Find which turn each turn goes on from: the one whose whole input its own begins with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress, takewhile

import msgspec

from probe.analysis.prefixes import common_prefix
from probe.renderers.api import Kind
from probe.trace.facts import TurnFacts
from probe.trace.items import Known

_START = 0
_CONVERSATIONS = 16
"""Conversations that take turns, and whose last input is kept."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A turn's place among the others, by its input."""

    before: int | None
    """Index of the turn that it goes on from; None where there is none."""
    known: bool = True
    """False where its input is not known, or empty."""
    repeated: bool = False
    """True when it asks the very same again."""
    tools: int = 0
    """Tools that the model is offered, those of the turns whose answers the request names as its beginning included."""


def links(turns: Sequence[TurnFacts], items: Sequence[Known]) -> list[Link]:
    """Return the link of each turn; turns are in the order in which they started."""
    finder = _Finder(items)
    return [finder.add(index, turn) for index, turn in enumerate(turns)]


class _Finder:
    """Keeps a hash of each turn's input."""

    def __init__(self, items: Sequence[Known]) -> None:
        self._items = items
        self._is_message = [one.kind is Kind.MESSAGE for one in items]
        self._canonical = [one.canonical for one in items]
        self._hashed: dict[int, tuple[list[int], list[int]]] = {}
        """The last input of each of the newest conversations and its hashes, by how it begins."""
        self._ends: dict[tuple[int, bool], int] = {}
        """Turn by the hash of its input, and whether it was offered tools."""
        self._answers: dict[str, tuple[int, int, int]] = {}
        """By the id of an answer: its turn, the hash of that turn's input with the answer behind it, and its tools."""

    def add(self, index: int, turn: TurnFacts) -> Link:
        """Return what a turn goes on from.

        One that is offered no tools may go on from one that was, never the other way: many a request beside the work
        asks something about the same text before the work begins with it.
        """
        messages = list(compress(turn.items, map(self._is_message.__getitem__, turn.items)))
        before, value, offered = self._answers.get(turn.previous_id or "", (None, _START, 0))
        offered = turn.tools or offered
        tools = offered > 0
        if (turn.previous_id and before is None) or turn.elsewhere or (not messages and before is None):
            self._answer(index, turn, value, offered)
            return Link(before=None, known=False, tools=offered)
        hashes = self._hashes(value, list(map(self._canonical.__getitem__, messages)))
        whole = hashes[-1] if hashes else value
        found = self._find(hashes, tools=tools)
        found = before if found is None else found
        repeated = found is not None and self._ends.get((whole, tools)) == found
        if found is None and not tools:
            # A shorter input only: what is asked about the same text is no continuation of the answer to it.
            found = self._find(hashes[:-1], tools=True)
        self._remember(index, hashes, whole, messages, tools=tools)
        self._answer(index, turn, whole, offered)
        return Link(before=found, repeated=repeated, tools=offered)

    def _hashes(self, value: int, canonical: list[int]) -> list[int]:
        """Return the hash behind each item; what an input before had in common is not hashed again."""
        if value != _START or not canonical:
            return _hashes(value, canonical)
        before, known = self._hashed.pop(canonical[0], ([], []))
        same = common_prefix(before, canonical)
        hashes = known[:same]
        hashes += _hashes(hashes[-1] if hashes else value, canonical[same:])
        self._hashed[canonical[0]] = canonical, hashes
        if len(self._hashed) > _CONVERSATIONS:
            del self._hashed[next(iter(self._hashed))]
        return hashes

    def _remember(self, index: int, hashes: Sequence[int], whole: int, messages: Sequence[int], *, tools: bool) -> None:
        self._ends[whole, tools] = index
        # An agent may put its rules at the end, and again behind what comes next.
        reminders = sum(1 for _ in takewhile(lambda number: self._items[number].features.system, reversed(messages)))
        if 0 < reminders < len(hashes):
            self._ends[hashes[-1 - reminders], tools] = index

    def _answer(self, index: int, turn: TurnFacts, whole: int, tools: int) -> None:
        if turn.response_id:
            behind = _hashes(whole, turn.sent_back)
            self._answers[turn.response_id] = (index, behind[-1] if behind else whole, tools)

    def _find(self, hashes: Sequence[int], *, tools: bool) -> int | None:
        """Find the turn with the longest input that ends at one of these places."""
        return next((self._ends[value, tools] for value in reversed(hashes) if (value, tools) in self._ends), None)


def _hashes(value: int, canonical: Iterable[int]) -> list[int]:
    """Return the hash behind each item."""
    hashes = []
    for one in canonical:
        value = hash((value, one))
        hashes.append(value)
    return hashes
