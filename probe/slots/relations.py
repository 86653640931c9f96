"""Which places of a run carry the same id: `prompt_cache_key` is the session's, `previous_response_id` an answer's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import msgspec

from probe.record.exchange import Headers
from probe.slots.slots import Slots, json_within

LONGEST = 200
"""Characters of a text that may hold an id; JSON within a text may be longer."""
_IDS = frozenset({"uuid", "id", "hex"})
_NUMBERED = re.compile(r"\[\d+\]")
_NAMES = ("session", "thread", "conversation", "prompt_id", "turn", "parent")
_MOST_IDS = 200_000
"""Of answers: later requests are compared with these."""


class Relation(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One place that has the value of another."""

    place: str
    """`prompt_cache_key`, `headers.x-client-request-id`, `input[].id`."""
    same_as: str
    """The place of the same request, or of an earlier answer, that has this value too."""
    answer: bool
    """True where that is a place of an earlier answer."""
    count: int
    """Requests in which it has."""
    total: int
    """Requests that have both places; for an answer's id, those that have this place."""

    def __str__(self) -> str:
        whose = f"an earlier answer's `{self.same_as}`" if self.answer else f"`{self.same_as}`"
        return f"`{self.place}` is {whose} (in {self.count} of {self.total})"


class Relations:
    """Counts of places with equal ids. Those of several runs can be merged."""

    def __init__(self, slots: Slots | None = None) -> None:
        self._slots = slots or Slots()
        self._present: Counter[str] = Counter()
        self._both: Counter[tuple[str, str]] = Counter()
        self._equal: Counter[tuple[str, str]] = Counter()
        self._carried: Counter[tuple[str, str]] = Counter()
        self._answered: dict[str, str] = {}
        """Id → place of the answer in which it appeared first; of this run alone."""

    def request(self, headers: Headers, body: Any) -> None:
        """Count one request, or one message of a client; `headers` are those of its exchange."""
        named = {name.lower(): value for name, value in headers.items()}
        places: dict[str, set[str]] = {}
        for place, value in (*self._ids(named, "headers"), *self._ids(body, "")):
            places.setdefault(place, set()).add(value)
        self._present.update(places.keys())
        for one, other in combinations(sorted(places), 2):
            self._both[one, other] += 1
            self._equal[one, other] += not places[one].isdisjoint(places[other])
        for place, values in places.items():
            for origin in {self._answered[value] for value in values if value in self._answered}:
                self._carried[place, origin] += 1

    def answer(self, value: Any) -> None:
        """Note the ids of an answer, whole or one of its events."""
        if len(self._answered) < _MOST_IDS:
            for place, found in self._ids(value, ""):
                self._answered.setdefault(found, place)

    def merge(self, other: Relations) -> None:
        """Add the counts of another run."""
        for name in ("_present", "_both", "_equal", "_carried"):
            getattr(self, name).update(getattr(other, name))

    def found(self) -> list[Relation]:
        """Return what holds in at least half of the requests: each place with the best known one of equal places."""
        best: dict[str, Relation] = {}
        for (one, other), count in self._equal.items():
            total = self._both[one, other]
            place, same_as = sorted((one, other), key=_rank, reverse=True)
            relation = Relation(place=place, same_as=same_as, answer=False, count=count, total=total)
            known = best.get(place)
            if 2 * count >= total and (known is None or _quality(relation) < _quality(known)):
                best[place] = relation
        carried = [
            Relation(place=place, same_as=origin, answer=True, count=count, total=self._present[place])
            for (place, origin), count in self._carried.items()
            if 2 * count >= self._present[place]
        ]
        return sorted([*best.values(), *carried])

    def _ids(self, value: Any, at: str) -> Iterator[tuple[str, str]]:
        """Yield the ids in a value with their places, numbers of elements left out."""
        if isinstance(value, str):
            inner = json_within(value)
            if inner is not None:
                yield from self._ids(inner, at)
            elif len(value) <= LONGEST and self._slots.text(value, at) != value:
                found = self._slots.found(value, at)
                yield from ((_NUMBERED.sub("[]", at), one.text) for one in found if one.slot in _IDS)
        elif isinstance(value, Mapping):
            for name, one in value.items():
                yield from self._ids(one, f"{at}.{name}" if at else name)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from self._ids(one, f"{at}[]")


def _rank(place: str) -> tuple[int, int, bool, str]:
    """Return how well a place's name says what its value is; the least is the best."""
    name = re.split(r"[.]", place)[-1].replace("-", "_").lower()
    kind = next((number for number, word in enumerate(_NAMES) if word in name), len(_NAMES))
    return kind, place.count("."), not place.startswith("headers."), place


def _quality(relation: Relation) -> tuple[bool, tuple[int, int, bool, str]]:
    return relation.count < relation.total, _rank(relation.same_as)
