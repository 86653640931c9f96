"""Which items each turn adds to those of the turn before, so that a long history costs little to walk through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from probe.analysis.groups import PlacedTurn
from probe.analysis.prefixes import common_prefix

_T = TypeVar("_T")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The items of one turn, compared with those of a turn before it."""

    turn: PlacedTurn
    base: int | None
    """Index of the turn that it is compared with; None where all items are added."""
    added: Sequence[int]
    removed: Sequence[int]
    """Numbers of items; what was added and removed may partly be the same, in another order."""


def sent_items(turns: Iterable[PlacedTurn], before: Mapping[int, PlacedTurn | None]) -> list[Sent]:
    """Return what turns, in the order in which they started, send differently from the turns before them."""
    seen: set[int] = set()
    found = []
    for turn in turns:
        base = before[turn.index]
        if base is None or base.index not in seen:
            found.append(Sent(turn=turn, base=None, added=turn.facts.items, removed=()))
        else:
            added, removed = _difference(base.facts.items, turn.facts.items)
            found.append(Sent(turn=turn, base=base.index, added=added, removed=removed))
        seen.add(turn.index)
    return found


def _difference(old: Sequence[int], new: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return what lies between what both begin with and what both end with."""
    same = common_prefix(old, new)
    old, new = old[same:], new[same:]
    alike = common_prefix(old[::-1], new[::-1])
    return new[: len(new) - alike], old[: len(old) - alike]


def summed(sent: Iterable[Sent], of_item: Callable[[int], Iterable[tuple[_T, int]]]) -> dict[int, dict[_T, int]]:
    """Return the sums over the items of each turn, by index of the turn; turns with the same sums share one mapping."""
    sums: dict[int, dict[_T, int]] = {}
    for one in sent:
        old: dict[_T, int] = sums[one.base] if one.base is not None else {}
        total = old
        for numbers, sign in ((one.added, 1), (one.removed, -1)):
            for number in numbers:
                for name, count in of_item(number):
                    total = dict(old) if total is old else total
                    total[name] = total.get(name, 0) + sign * count
        sums[one.turn.index] = total
    return sums
