"""What a turn's request adds, changes and drops, compared with the turn before it in its thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from probe.analysis.prefixes import common_prefix
from probe.renderers.api import Kind
from probe.trace.facts import TurnFacts
from probe.trace.items import Known

_NEWEST = 32
"""Turns whose items are kept by kind."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Item numbers, by what became of them."""

    settings: tuple[tuple[int, int | None], ...]
    """A new or changed setting, and what it was before; None for a new one."""
    dropped_settings: tuple[int, ...]
    instructions: tuple[int, ...]
    """New or changed instructions."""
    messages: tuple[tuple[int, int], ...]
    """Place among the request's messages, and item: those that were added."""
    answered: tuple[int, ...]
    """Places of added messages that repeat the answer of the turn before."""
    dropped_messages: tuple[int, ...]
    tools: tuple[int, ...]
    """Tools that were added or changed."""
    dropped_tools: tuple[int, ...]
    same_messages: int
    same_tools: int


class RequestChanges:
    """Compares requests; `items` are all that the turns sent."""

    def __init__(self, items: Sequence[Known]) -> None:
        self._items = items
        self._kinds = [one.kind for one in items]
        self._split: dict[int, dict[Kind, list[int]]] = {}
        """The items of the newest turns by kind: what is a turn now is soon the turn before."""

    def of(self, turn: TurnFacts, before: TurnFacts | None) -> Changes:
        """Return what is new in a turn's request; all of it where there is no turn before."""
        new, old = self._by_kind(turn), self._by_kind(before) if before else {kind: [] for kind in Kind}
        messages, dropped_messages = self._difference(old[Kind.MESSAGE], new[Kind.MESSAGE])
        if before and turn.previous_id:
            # What came before is stored by the API: the request holds only what is new.
            messages, dropped_messages = list(enumerate(new[Kind.MESSAGE])), []
        tools, dropped_tools = self._difference(old[Kind.TOOL], new[Kind.TOOL])
        instructions, _ = self._difference(old[Kind.INSTRUCTIONS], new[Kind.INSTRUCTIONS])
        settings, dropped_settings = self._settings(old[Kind.SETTING], new[Kind.SETTING])
        return Changes(
            settings=settings,
            dropped_settings=dropped_settings,
            instructions=tuple(number for _, number in instructions),
            messages=tuple(messages),
            answered=tuple(self._answered(before, messages)) if before else (),
            dropped_messages=tuple(dropped_messages),
            tools=tuple(number for _, number in tools),
            dropped_tools=tuple(dropped_tools),
            same_messages=len(new[Kind.MESSAGE]) - len(messages),
            same_tools=len(new[Kind.TOOL]) - len(tools),
        )

    def first_difference(self, turn: TurnFacts, before: TurnFacts) -> tuple[Kind, int] | None:
        """Return the kind of the first item that is not as the turn before sent it, and its place among its kind.

        In the order in which APIs read a request, and cache it: tools, instructions, messages. What follows all items
        of the turn before is no difference.
        """
        new, old = self._by_kind(turn), self._by_kind(before)
        for kind in (Kind.TOOL, Kind.INSTRUCTIONS, Kind.MESSAGE):
            if kind is Kind.MESSAGE and turn.previous_id:
                # What came before is stored by the API.
                continue
            same = self._same(old[kind], new[kind])
            if same < len(old[kind]) or (kind is not Kind.MESSAGE and same < len(new[kind])):
                return kind, same
        return None

    def _same(self, old: Sequence[int], new: Sequence[int]) -> int:
        """Return how many items two requests begin with alike, but for what moves from call to call."""
        same = common_prefix(old, new)
        for one, other in zip(old[same:], new[same:], strict=False):
            if self._items[one].canonical != self._items[other].canonical:
                break
            same += 1
        return same

    def settings_changed(self, turn: TurnFacts, before: TurnFacts) -> list[str]:
        """Return the names of the settings that are not as the turn before sent them."""
        changed, dropped = self._settings(self._by_kind(before)[Kind.SETTING], self._by_kind(turn)[Kind.SETTING])
        return [self._items[number].name for number in (*(number for number, _ in changed), *dropped)]

    def _by_kind(self, turn: TurnFacts) -> dict[Kind, list[int]]:
        if turn.number not in self._split:
            found: dict[Kind, list[int]] = {kind: [] for kind in Kind}
            for kind, numbers in groupby(turn.items, self._kinds.__getitem__):
                found[kind] += numbers
            self._split[turn.number] = found
            if len(self._split) > _NEWEST:
                del self._split[next(iter(self._split))]
        return self._split[turn.number]

    def _settings(
        self, old: Sequence[int], new: Sequence[int]
    ) -> tuple[tuple[tuple[int, int | None], ...], tuple[int, ...]]:
        """Return new or changed settings with what they were, and those that are gone."""
        if old == new:
            return (), ()
        was = {self._items[number].name: number for number in old}
        now = {self._items[number].name: number for number in new}
        changed = tuple((number, was.get(name)) for name, number in now.items() if was.get(name) != number)
        return changed, tuple(number for name, number in was.items() if name not in now)

    def _answered(self, before: TurnFacts, messages: Iterable[tuple[int, int]]) -> Iterator[int]:
        """Yield the places of messages that repeat the answer of the turn before."""
        sent_back = Counter(before.sent_back)
        for place, number in messages:
            canonical = self._items[number].canonical
            if sent_back[canonical] > 0:
                sent_back[canonical] -= 1
                yield place

    def _difference(self, old: Sequence[int], new: Sequence[int]) -> tuple[list[tuple[int, int]], list[int]]:
        """Return place and number of each item that is not among the old ones, and the old ones that are gone."""
        if old == new:
            return [], []
        # What both begin with is the same whatever follows, and is nearly all.
        same = common_prefix(old, new)
        left = Counter(self._items[number].canonical for number in old[same:])
        added = []
        for place, number in enumerate(new[same:], same):
            if left[self._items[number].canonical] > 0:
                left[self._items[number].canonical] -= 1
            else:
                added.append((place, number))
        dropped = []
        for number in reversed(old[same:]):
            if left[self._items[number].canonical] > 0:
                left[self._items[number].canonical] -= 1
                dropped.append(number)
        return added, dropped[::-1]
