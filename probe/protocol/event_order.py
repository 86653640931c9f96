"""Statistics of events: their data by kind, and the order in which the kinds come. They can be added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from probe.protocol.statistics import Values

_LONGEST = 100
"""Characters of a kind."""

Kind = tuple[str, str]
"""Direction and type of an event: `("server", "response.created")`."""


class Step(NamedTuple):
    """Events of one kind directly after one another."""

    kind: Kind
    times: int


class _Order(NamedTuple):
    """What a sequence says of the order of its kinds: many sequences say the same."""

    by_first: tuple[Kind, ...]
    """Its kinds in the order in which each was seen first."""
    by_last: tuple[Kind, ...]
    """In the order in which each was seen last."""
    after: frozenset[tuple[Kind, Kind]]
    """Those of which the second came later than one of the first."""


class KindStatistics:
    """Events of one kind."""

    __slots__ = ("count", "first", "last", "most", "sequences", "unnamed", "values")

    def __init__(self) -> None:
        self.count = self.sequences = self.first = self.last = self.most = self.unnamed = 0
        self.values = Values("")

    def merge(self, other: KindStatistics) -> None:
        """Add other events of this kind."""
        self.count += other.count
        self.sequences += other.sequences
        self.first += other.first
        self.last += other.last
        self.unnamed += other.unnamed
        self.most = max(self.most, other.most)
        self.values.merge(other.values)


class EventStatistics:
    """Events of streams, or messages of WebSocket conversations."""

    __slots__ = ("follows", "kinds", "orders", "sequences")

    def __init__(self) -> None:
        self.sequences = 0
        self.kinds: dict[Kind, KindStatistics] = {}
        self.follows: Counter[tuple[Kind | None, Kind | None]] = Counter()
        self.orders: Counter[_Order] = Counter()

    def kind(self, direction: str, name: str) -> KindStatistics:
        """Return the statistics of one kind."""
        key = direction, name[:_LONGEST]
        found = self.kinds.get(key)
        if found is None:
            found = self.kinds[key] = KindStatistics()
        return found

    def ordered(self, steps: Sequence[Step]) -> None:
        """Add the order of a sequence."""
        self.sequences += 1
        steps = [Step((direction, name[:_LONGEST]), times) for (direction, name), times in steps]
        kinds = [step.kind for step in steps]
        if not kinds:
            return
        self.follows.update(pairwise([None, *kinds, None]))
        totals: Counter[Kind] = Counter()
        for kind, times in steps:
            totals[kind] += times
            if times > 1:
                self.follows[kind, kind] += times - 1
        for kind, total in totals.items():
            known = self.kind(*kind)
            known.sequences += 1
            known.most = max(known.most, total)
        self.kind(*kinds[0]).first += 1
        self.kind(*kinds[-1]).last += 1
        self.orders[_order(kinds, totals)] += 1

    def merge(self, other: EventStatistics) -> None:
        """Add other events."""
        self.sequences += other.sequences
        self.follows.update(other.follows)
        self.orders.update(other.orders)
        for (direction, name), one in other.kinds.items():
            self.kind(direction, name).merge(one)


def _order(kinds: Sequence[Kind], totals: Counter[Kind]) -> _Order:
    first: dict[Kind, int] = {}
    last: dict[Kind, int] = {}
    for number, kind in enumerate(kinds):
        first.setdefault(kind, number)
        last[kind] = number
    return _Order(
        by_first=tuple(first),
        by_last=tuple(sorted(last, key=last.__getitem__)),
        after=frozenset(
            (one, other) for one in first for other in first
            if (first[one] < last[other] if one != other else totals[one] > 1)
        ),
    )  # fmt: skip


class Invariants(NamedTuple):
    """What holds in all sequences (Synoptic's three invariants), by kind."""

    always_followed_by: dict[Kind, set[Kind]]
    never_followed_by: dict[Kind, set[Kind]]
    always_preceded_by: dict[Kind, set[Kind]]


def invariants(events: EventStatistics) -> Invariants:
    """Return the invariants that no sequence breaks; kinds without a place in a sequence have none."""
    kinds = {kind for kind, one in events.kinds.items() if one.sequences}
    followed = {kind: kinds - {kind} for kind in kinds}
    never = {kind: set(kinds) for kind in kinds}
    preceded = {kind: kinds - {kind} for kind in kinds}
    for order in events.orders:
        later: set[Kind] = set()
        for kind in reversed(order.by_last):
            followed[kind] &= later
            later.add(kind)
        earlier: set[Kind] = set()
        for kind in order.by_first:
            preceded[kind] &= earlier
            earlier.add(kind)
        for one, other in order.after:
            never[one].discard(other)
    return Invariants(followed, never, preceded)
