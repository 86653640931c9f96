"""Find the recorded call that a call of the agent is: the same, one of the same thread, or the nearest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from probe.replay.call_keys import CallKey, endpoint


class Found(Enum):
    """How a call was found in the recording."""

    SAME = "same"
    """All that is new in its thread is the same, its model and its tools too."""
    NEAREST = "nearest"
    """It differs, but has a thread, instructions, tools or its kind in common with a recorded call."""
    UNLIKE = "unlike"
    """It has nothing in common with any call that is left."""
    USED_UP = "used up"
    """All that was recorded for it was given."""
    UNKNOWN = "unknown endpoint"


class Match(NamedTuple):
    """What was found for a call."""

    found: Found
    call: int | None = None
    """Number of the recorded call that is the same, or the nearest; None where there is none."""
    of: int = 0
    """How many were recorded, where all were given."""


class Matching:
    """The calls of a recording, each given once; of equal ones the first that is left."""

    def __init__(self) -> None:
        self._calls: list[CallKey] = []
        self._roots: list[int] = []
        self._endpoints: dict[str, list[int]] = defaultdict(list)
        self._paths: set[str] = set()
        self._same: dict[object, list[int]] = defaultdict(list)
        self._going_on: dict[object, list[int]] = defaultdict(list)
        self._given: set[int] = set()
        self._lent: set[int] = set()
        """Given to a call that differs: the same call can still have it."""
        self._broken: set[int] = set()
        """Given, but not to their end."""

    def add(self, key: CallKey) -> int:
        """Add a recorded call and return its number."""
        number = len(self._calls)
        self._calls.append(key)
        self._roots.append(number if key.before is None else self._roots[key.before])
        self._endpoints[endpoint(key.path)].append(number)
        self._paths.add(key.path.rstrip("/"))
        self._same[key.same].append(number)
        self._going_on[self._thread(key)].append(number)
        return number

    def count(self, path: str) -> int:
        """Count the calls recorded for an endpoint, given or not; warm-ups are none."""
        return sum(not self._calls[one].warm_up for one in self._at(path, self._endpoints.get(endpoint(path), ())))

    def left(self) -> list[int]:
        """Return the calls that nobody asked for yet; a warm-up is no call that must be made."""
        asked = self._given | self._lent | self._broken
        return [one for one, key in enumerate(self._calls) if one not in asked and not key.warm_up]

    def find(self, key: CallKey) -> Match:
        """Find a call of the agent, and note that its answer is given."""
        here = [one for one in self._endpoints.get(endpoint(key.path), ()) if self._calls[one].warm_up == key.warm_up]
        if not here:
            return Match(Found.UNKNOWN)
        for known in (self._same.get(key.same), self._going_on.get(self._thread(key))):
            if equal := self._at(key.path, known or ()):
                return self._next(key, equal)
        taken = self._given | self._lent
        pool = self._pool(key, [one for one in self._at(key.path, here) if one not in taken])
        if not pool:
            return Match(Found.USED_UP, of=len(here))
        near = [one for one in pool if self._has_evidence(key, one)]
        nearest = max(near or pool, key=lambda one: self._likeness(key, one))
        if not near:
            return Match(Found.UNLIKE, nearest)
        self._lent.add(nearest)
        return Match(Found.NEAREST, nearest)

    def damaged(self, call: int, *, ended: bool) -> None:
        """Note that an answer was given with a fault: the same call can have it again, and need not."""
        self.take_back(call)
        (self._lent if ended else self._broken).add(call)

    def take_back(self, call: int) -> None:
        """Note that a call did not get the answer that was found for it."""
        self._given.discard(call)
        self._lent.discard(call)

    def _next(self, key: CallKey, equal: Sequence[int]) -> Match:
        """Return the first of equal calls that is left: one that asks for the same form goes first."""
        left = [one for one in equal if one not in self._given]
        if not left:
            return Match(Found.USED_UP, of=len(equal))
        calls, lent = self._calls, self._lent
        found = min(
            left, key=lambda one: (calls[one].streamed != key.streamed, one in lent, calls[one].sent != key.sent, one)
        )
        # In a thread that began otherwise, all is lent: the very same calls may still come.
        (self._given if self._calls[found].same == key.same else self._lent).add(found)
        return Match(Found.SAME, found)

    def _at(self, path: str, calls: Iterable[int]) -> list[int]:
        """Return the calls of an endpoint: those with this very path, where any was recorded with it."""
        exact = path.rstrip("/") in self._paths
        return [
            one
            for one in calls
            if (self._calls[one].path.rstrip("/") == path.rstrip("/") if exact else _is_like(self._calls[one], path))
        ]

    def _thread(self, key: CallKey) -> object:
        """Return what calls share that bring the same into the same thread."""
        before = None if key.before is None else self._calls[key.before].same
        return key.warm_up, key.model, key.tools, before, key.new

    def _pool(self, key: CallKey, left: Sequence[int]) -> Sequence[int]:
        """Return which of the calls that are left a call may be, so that no thread gets the answers of another."""
        if key.before is None:
            first = [one for one in left if self._calls[one].before is None]
            # In the middle of a thread only where no other thread is left.
            return first or (left if len({self._roots[one] for one in left}) == 1 else [])
        before = self._calls[key.before]
        same = [one for one in left if self._goes_on_from(one, before)]
        same = same or [one for one in left if self._roots[one] == self._roots[key.before]]
        # An agent may change what it sent before: then its thread begins again, longer.
        return same or [
            one
            for one in left
            if self._calls[one].first == key.first and key.first and self._calls[one].count > before.count
        ]

    def _goes_on_from(self, one: int, before: CallKey) -> bool:
        number = self._calls[one].before
        return number is not None and self._calls[number].same == before.same

    def _has_evidence(self, key: CallKey, one: int) -> bool:
        recorded = self._calls[one]
        return (
            key.before is not None
            or (key.kind[1] and key.instructions == recorded.instructions)
            or (key.kind[0] and key.tools == recorded.tools)
            or key.kind == recorded.kind
        )

    def _likeness(self, key: CallKey, one: int) -> tuple[object, ...]:
        recorded = self._calls[one]
        equal = 0
        while equal < min(len(key.new), len(recorded.new)) and key.new[equal] == recorded.new[equal]:
            equal += 1
        return (
            key.kind == recorded.kind,
            key.streamed == recorded.streamed,
            key.instructions == recorded.instructions,
            key.tools == recorded.tools,
            key.model == recorded.model,
            equal,
            -abs(len(key.new) - len(recorded.new)),
            -one,
        )


def _is_like(key: CallKey, path: str) -> bool:
    return endpoint(key.path) == endpoint(path)
