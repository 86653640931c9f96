"""How much of each request the API read from its cache, and what kept it from reading more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from probe.analysis.changes import RequestChanges
from probe.analysis.groups import PlacedTurn, Thread
from probe.renderers.api import Kind
from probe.renderers.blocks import Usage
from probe.trace.facts import TurnFacts
from probe.trace.items import Known

Cause = Literal["model", "tools", "instructions", "messages", "settings", "not cached", "time", "unknown"]
KEPT = 300
"""Seconds for which APIs keep what they cache, as a rule."""
_NOTABLE = 1024
"""Tokens: no API caches less."""
_SHARE = 20
"""What is missed is notable from this part of what could have been read."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The first item that differs from what the turn before sent, in the order in which APIs read a request."""

    kind: Kind
    among: int
    """Its place among the request's items of this kind, from 0."""
    place: int
    """Its place among all items; their number where one was dropped at the end."""
    is_system: bool
    """True for instructions, and for messages that are nobody's words."""
    dropped: bool
    """True where the request ends before it."""
    name: str | None = None
    """Of a tool."""
    how: Literal["added", "removed", "changed", "moved"] | None = None
    """What became of a tool; None for anything else."""


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn read from the cache."""

    before: int
    """Index of the turn whose input could have been read."""
    expected: int
    """Input tokens of that turn, but no more than this one has."""
    read: int
    difference: Difference | None
    cause: Cause | None
    """What kept the API from reading more; None where nothing notable was missed."""
    settings: tuple[str, ...]
    """Names of the settings that differ."""
    waited: float
    """Seconds since the end of the turn before; less than 0 where it had not ended."""

    @property
    def missed(self) -> int:
        """Return how many tokens could have been read, and were not."""
        return max(self.expected - self.read, 0)


def cache_uses(
    threads: Sequence[Thread], before: Mapping[int, PlacedTurn | None], changes: RequestChanges, items: Sequence[Known]
) -> dict[int, CacheUse]:
    """Return how turns used the cache, by index; those without a turn before, or a report of the API, are missing."""
    found: dict[int, CacheUse] = {}
    for thread in threads:
        last: PlacedTurn | None = None
        for turn in thread.turns:
            base = before.get(turn.index) if turn.is_side else last
            usage = turn.facts.usage
            if base and usage and usage.cache_read is not None and base.facts.usage:
                found[turn.index] = _use(turn.facts, usage, base, changes, items)
            if not turn.is_side and usage and usage.input is not None:
                last = turn
    return found


def _use(facts: TurnFacts, usage: Usage, base: PlacedTurn, changes: RequestChanges, items: Sequence[Known]) -> CacheUse:
    expected, read = (base.facts.usage and base.facts.usage.input) or 0, usage.cache_read or 0
    # Of a shorter request, no more can be read than it has.
    expected = expected if usage.input is None else min(expected, usage.input)
    missed = expected - read
    settings = tuple(name for name in changes.settings_changed(facts, base.facts) if name != "model")
    waited = facts.started - (base.facts.ended if base.facts.ended is not None else base.facts.started)
    first = changes.first_difference(facts, base.facts)
    difference = _difference(facts, base.facts, *first, items) if first else None
    notable = missed >= _NOTABLE and missed * _SHARE >= expected
    return CacheUse(
        before=base.index,
        expected=expected,
        read=read,
        difference=difference,
        cause=_cause(facts, base.facts, difference, settings, waited) if notable else None,
        settings=settings,
        waited=waited,
    )


def _difference(facts: TurnFacts, base: TurnFacts, kind: Kind, among: int, items: Sequence[Known]) -> Difference:
    places = [place for place, number in enumerate(facts.items) if items[number].kind is kind]
    dropped = among >= len(places)
    place = len(facts.items) if dropped else places[among]
    is_system = kind is Kind.INSTRUCTIONS or (not dropped and items[facts.items[place]].features.system)
    name, how = _of_tools(_tools(facts, items), _tools(base, items), among) if kind is Kind.TOOL else (None, None)
    return Difference(kind=kind, among=among, place=place, is_system=is_system, dropped=dropped, name=name, how=how)


def _tools(facts: TurnFacts, items: Sequence[Known]) -> list[str]:
    """Return the names of the tools that a request offers, by item."""
    tools = (items[number] for number in facts.items if items[number].kind is Kind.TOOL)
    return [", ".join(one.features.offered) for one in tools]


def _of_tools(
    new: Sequence[str], old: Sequence[str], place: int
) -> tuple[str | None, Literal["added", "removed", "changed", "moved"]]:
    """Return which tool is the first that differs, and what became of it."""
    now = new[place] if place < len(new) else None
    was = old[place] if place < len(old) else None
    if now is not None and now not in old:
        return now, "added"
    if was is not None and was not in new:
        return was, "removed"
    return now, "changed" if now == was else "moved"


def _cause(
    facts: TurnFacts, base: TurnFacts, difference: Difference | None, settings: Sequence[str], waited: float
) -> Cause:
    if facts.model != base.model:
        return "model"
    usage = base.usage
    if usage and usage.cache_write is not None and not usage.cache_write and not usage.cache_read:
        return "not cached"
    if difference is not None:
        if difference.kind is Kind.TOOL:
            return "tools"
        return "instructions" if difference.is_system else "messages"
    if waited > KEPT:
        return "time"
    if waited < 0:
        return "not cached"
    return "settings" if settings else "unknown"
