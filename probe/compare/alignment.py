"""Align two sequences by longest common subsequence, by one key after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from probe.slots.differences import matching

_T = TypeVar("_T")
Pair = tuple[int | None, int | None]
"""Places of two elements that belong together; None where the other side has none."""


def aligned(before: Sequence[_T], after: Sequence[_T], keys: Sequence[Callable[[_T], Hashable]]) -> list[Pair]:
    """Return all elements in pairs, by the first key; what is between two pairs, by the next, and so on."""
    return list(_aligned(before, after, list(range(len(before))), list(range(len(after))), list(keys)))


def _aligned(
    before: Sequence[_T],
    after: Sequence[_T],
    old: list[int],
    new: list[int],
    keys: list[Callable[[_T], Hashable]],
) -> Iterator[Pair]:
    if not keys or not old or not new:
        yield from ((place, None) for place in old)
        yield from ((None, place) for place in new)
        return
    key = keys[0]
    begun, begun_new = 0, 0
    matches = matching([key(before[place]) for place in old], [key(after[place]) for place in new])
    for one, other in [*matches, (len(old), len(new))]:
        yield from _aligned(before, after, old[begun:one], new[begun_new:other], keys[1:])
        if one < len(old):
            yield old[one], new[other]
        begun, begun_new = one + 1, other + 1
