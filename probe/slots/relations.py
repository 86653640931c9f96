"""Which places of a run carry the same id: `prompt_cache_key` is the session's, `previous_response_id` an answer's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Any

import msgspec

from probe.record.exchange import Headers
from probe.slots.slots import Slots, json_within
from probe.smallest_hashes import smallest

LONGEST = 200
"""Characters of a text that may hold an id; JSON within a text may be longer."""
_IDS = frozenset({"uuid", "id", "hex"})
_NUMBERED = re.compile(r"\[\d+\]")
_NAMES = ("session", "thread", "conversation", "prompt_id", "turn", "parent")
_MOST_IDS = 200_000
"""Of answers: later requests are compared with these."""
_MOST_KNOWN = 5_000
"""Texts whose ids are remembered."""
MOST_PLACES = 100
"""Places that are counted; where keys are data there are more, and those with the smallest hashes are kept."""
MOST_ORIGINS = 20
"""Places of answers that are kept for each place."""
_Pair = tuple[str, str]


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
        """`slots` finds ids; without it the built-in rules do."""
        self._slots = slots
        self._present: Counter[str] = Counter()
        self._both: Counter[_Pair] = Counter()
        self._equal: Counter[_Pair] = Counter()
        self._carried: Counter[_Pair] = Counter()
        self.more = False
        """True where there were more places than are kept; what is counted of these is exact."""
        self._answered: dict[str, str] = {}
        """Id → place of the answer in which it appeared first; of this run alone."""
        self._known: dict[tuple[str, str], Sequence[tuple[str, str]]] = {}
        """The ids of texts at places; of this run alone."""

    def request(self, headers: Headers, body: Any) -> None:
        """Count one request, or one message of a client; `headers` are those of its exchange."""
        named = {name.lower(): value for name, value in headers.items()}
        found: dict[str, set[str]] = {}
        for place, value in (*self._ids(named, "headers"), *self._ids(body, "")):
            found.setdefault(place, set()).add(value)
        kept = self._kept(found)
        places = {place: found[place] for place in found if place in kept}
        self._present.update(places.keys())
        for one, other in combinations(sorted(places), 2):
            self._both[one, other] += 1
            self._equal[one, other] += not places[one].isdisjoint(places[other])
        for place, values in places.items():
            for origin in {self._answered[value] for value in values if value in self._answered}:
                self._carried[place, origin] += 1
        self._bound_origins()

    def answer(self, value: Any) -> None:
        """Note the ids of an answer, whole or one of its events."""
        if len(self._answered) < _MOST_IDS:
            for place, found in self._ids(value, ""):
                self._answered.setdefault(found, place)

    def merge(self, other: Relations) -> None:
        """Add the counts of another run."""
        self.more |= other.more
        kept = self._kept(other._present)
        self._present.update({place: count for place, count in other._present.items() if place in kept})
        for name in ("_both", "_equal"):
            pairs = getattr(other, name).items()
            getattr(self, name).update({pair: count for pair, count in pairs if pair[0] in kept and pair[1] in kept})
        self._carried.update({pair: count for pair, count in other._carried.items() if pair[0] in kept})
        self._bound_origins()

    def _kept(self, new: Iterable[str]) -> Set[str]:
        """Return the places that are kept of those that are counted and new ones; drop the others."""
        places = self._present.keys() | new
        if len(places) <= MOST_PLACES:
            return places
        self.more, kept = True, set(smallest(places, MOST_PLACES))
        if not self._present.keys() <= kept:
            self._present = Counter({place: count for place, count in self._present.items() if place in kept})
            self._both = Counter({pair: count for pair, count in self._both.items() if kept.issuperset(pair)})
            self._equal = Counter({pair: self._equal[pair] for pair in self._both})
            self._carried = Counter({pair: count for pair, count in self._carried.items() if pair[0] in kept})
        return kept

    def _bound_origins(self) -> None:
        if len(self._carried) <= MOST_ORIGINS:
            return
        origins: dict[str, list[str]] = {}
        for place, origin in self._carried:
            origins.setdefault(place, []).append(origin)
        for place, found in origins.items():
            if len(found) > MOST_ORIGINS:
                self.more = True
                for origin in set(found).difference(smallest(found, MOST_ORIGINS)):
                    del self._carried[place, origin]

    def plain(self) -> list[Any]:
        """Return the counts as lists, the same for equal counts; pairs have the numbers of their places."""
        places = sorted(self._present)
        number = {place: at for at, place in enumerate(places)}
        both = sorted([number[a], number[b], count, self._equal[a, b]] for (a, b), count in self._both.items())
        carried = sorted([number[place], origin, count] for (place, origin), count in self._carried.items())
        return [self.more, [[place, self._present[place]] for place in places], both, carried]

    @classmethod
    def from_plain(cls, value: list[Any]) -> Relations:
        """Return the counts that `plain` made a value of."""
        made = cls()
        made.more, present, both, carried = value
        places = [place for place, _ in present]
        made._present.update(dict(present))
        made._both.update({(places[a], places[b]): count for a, b, count, _ in both})
        made._equal.update({(places[a], places[b]): equal for a, b, _, equal in both})
        made._carried.update({(places[place], origin): count for place, origin, count in carried})
        return made

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
            elif len(value) <= LONGEST:
                yield from self._ids_of_text(value, at)
        elif isinstance(value, Mapping):
            for name, one in value.items():
                yield from self._ids(one, f"{at}.{name}" if at else name)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from self._ids(one, f"{at}[]")

    def _ids_of_text(self, text: str, at: str) -> Sequence[tuple[str, str]]:
        # Ids of sessions and the like come with each request.
        known = self._known.get((text, at))
        if known is None:
            slots = self._slots = self._slots or Slots()
            found = slots.found(text, at) if slots.text(text, at) != text else ()
            known = tuple((_NUMBERED.sub("[]", at), one.text) for one in found if one.slot in _IDS)
            if len(self._known) < _MOST_KNOWN:
                self._known[text, at] = known
        return known


def _rank(place: str) -> tuple[int, int, bool, str]:
    """Return how well a place's name says what its value is; the least is the best."""
    name = re.split(r"[.]", place)[-1].replace("-", "_").lower()
    kind = next((number for number, word in enumerate(_NAMES) if word in name), len(_NAMES))
    return kind, place.count("."), not place.startswith("headers."), place


def _quality(relation: Relation) -> tuple[bool, tuple[int, int, bool, str]]:
    return relation.count < relation.total, _rank(relation.same_as)
