"""Statistics of events: their data by kind, and the order in which the kinds come. They can be added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from probe.protocol.statistics import Values

MOST_KINDS = 100
"""Kinds of events in one kind of stream; where there are more, they are data."""
ANY = "*"
"""The kind of all events, where kinds are data."""
_LONGEST = 100
"""Characters of a kind."""

Kind = tuple[str, str]
"""Direction and type of an event: `("server", "response.created")`."""


class Step(NamedTuple):
    """Events of one kind directly after one another."""

    kind: Kind
    times: int


class KindStatistics:
    """Events of one kind."""

    __slots__ = ("after", "before", "count", "first", "last", "later", "most", "named", "sequences", "values")

    def __init__(self) -> None:
        self.count = self.sequences = self.first = self.last = self.most = self.named = 0
        self.values = Values("")
        self.after: frozenset[Kind] | None = None
        """Kinds of which one came later in all sequences; None before the first."""
        self.before: frozenset[Kind] | None = None
        """Kinds of which one came earlier in all sequences."""
        self.later: frozenset[Kind] = frozenset()
        """Kinds of which one came later in any sequence."""

    def merge(self, other: KindStatistics) -> None:
        """Add other events of this kind."""
        self.count += other.count
        self.sequences += other.sequences
        self.first += other.first
        self.last += other.last
        self.named += other.named
        self.most = max(self.most, other.most)
        self.values.merge(other.values)
        self.after, self.before = _both(self.after, other.after), _both(self.before, other.before)
        self.later |= other.later

    def without_order(self) -> None:
        """Drop the sequences that they are in."""
        self.sequences = self.first = self.last = self.most = 0
        self.after = self.before = None
        self.later = frozenset()


def _both(one: frozenset[Kind] | None, other: frozenset[Kind] | None) -> frozenset[Kind] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


class EventStatistics:
    """Events of streams, or messages of WebSocket conversations."""

    __slots__ = ("follows", "kinds", "many", "sequences")

    def __init__(self) -> None:
        self.sequences = 0
        self.kinds: dict[Kind, KindStatistics] = {}
        self.many = False
        """True where there were too many kinds: they are data, and all events of a direction are of one kind."""
        self.follows: Counter[tuple[Kind | None, Kind | None]] = Counter()

    def kind(self, direction: str, name: str) -> KindStatistics:
        """Return the statistics of one kind."""
        key = direction, ANY if self.many else name[:_LONGEST]
        found = self.kinds.get(key)
        if found is None:
            found = self.kinds[key] = KindStatistics()
            if len(self.kinds) > MOST_KINDS:
                self._join()
                return self.kinds[direction, ANY]
        return found

    def ordered(self, steps: Sequence[Step]) -> None:
        """Add the order of a sequence."""
        self.sequences += 1
        steps = [Step((direction, name[:_LONGEST]), times) for (direction, name), times in steps]
        totals: Counter[Kind] = Counter()
        for kind, times in steps:
            totals[kind] += times
            self.kind(*kind)
        if self.many or not steps:
            return
        kinds = [step.kind for step in steps]
        self.follows.update(pairwise([None, *kinds, None]))
        for kind, times in steps:
            if times > 1:
                self.follows[kind, kind] += times - 1
        self.kinds[kinds[0]].first += 1
        self.kinds[kinds[-1]].last += 1
        for kind, total in totals.items():
            known = self.kinds[kind]
            known.sequences += 1
            known.most = max(known.most, total)
        self._relate(kinds, totals)

    def _relate(self, kinds: Sequence[Kind], totals: Counter[Kind]) -> None:
        first: dict[Kind, int] = {}
        last: dict[Kind, int] = {}
        for number, kind in enumerate(kinds):
            first.setdefault(kind, number)
            last[kind] = number
        for kind in first:
            known = self.kinds[kind]
            known.before = _both(known.before, frozenset(one for one in first if first[one] < first[kind]))
            known.after = _both(known.after, frozenset(one for one in last if last[one] > last[kind]))
            later = {one for one in last if last[one] > first[kind] and one != kind}
            known.later |= later | ({kind} if totals[kind] > 1 else set())

    def _join(self) -> None:
        """Make one kind of all events of a direction."""
        kinds, self.kinds, self.many = self.kinds, {}, True
        self.follows.clear()
        for (direction, _), one in kinds.items():
            known = self.kinds.setdefault((direction, ANY), KindStatistics())
            known.merge(one)
            known.without_order()

    def merge(self, other: EventStatistics) -> None:
        """Add other events."""
        self.sequences += other.sequences
        if other.many and not self.many:
            self._join()
        if not self.many:
            self.follows.update(other.follows)
        for (direction, name), one in other.kinds.items():
            self.kind(direction, name).merge(one)
        if self.many:
            for known in self.kinds.values():
                known.without_order()


class Invariants(NamedTuple):
    """What holds in all sequences (Synoptic's three invariants), by kind."""

    always_followed_by: dict[Kind, set[Kind]]
    never_followed_by: dict[Kind, set[Kind]]
    always_preceded_by: dict[Kind, set[Kind]]


def invariants(events: EventStatistics) -> Invariants:
    """Return the invariants that no sequence breaks; kinds without a place in a sequence have none."""
    kinds = {kind: one for kind, one in events.kinds.items() if one.sequences}
    return Invariants(
        {kind: set(one.after or ()) for kind, one in kinds.items()},
        {kind: kinds.keys() - one.later for kind, one in kinds.items()},
        {kind: set(one.before or ()) for kind, one in kinds.items()},
    )
