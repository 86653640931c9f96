"""What a comparison of groups of runs needs besides their protocol: how many runs show what.

It adds up bit for bit, in any order: numbers are integers, and where something could grow without end, what has the
smallest hashes is kept (`probe.fleet.capped`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from probe.fleet.capped import Counts, add_counts
from probe.fleet.histogram import Histogram

CAPS: dict[str, tuple[int, ...]] = {
    "numbers": (20,),
    "places": (400, 4000),
    "headers": (200, 16),
    "models": (32, 64),
    "purposes": (32,),
    "stops": (64,),
    "modes": (8,),
    "platforms": (64,),
    "ends": (64,),
    "tools": (400, 8),
    "tool_names": (400,),
    "tool_requests": (400, 8),
    "instructions": (96, 24),
    "parts": (96,),
    "settings": (16, 100, 16),
}
"""What is counted, and how many keys each level of it has at most. All but `numbers` and `tool_requests` are runs:

`places`: section and place (`probe.fleet.shown_places`); `headers`: name and value, normalised; `models`: purpose and
model; `tool_names`: name; `tools`, `tool_requests`: name, and hash of the definition; `parts`: kind of a part of the
instructions (JSON of group, what, place, role and mark); `instructions`: kind, and hash of the text; `settings`:
purpose, place, and hash of the value.
"""
KEPT_VALUES = {"tools": "tools", "texts": "instructions", "settings": "settings"}
"""What is kept by hash, and where these hashes are counted."""
DISTRIBUTIONS = ("turns", "input tokens", "output tokens", "first part", "answer", "seconds", "sent", "received")
"""Of each run: turns, micro-seconds (`seconds`), bytes. Of each call: tokens, and micro-seconds to the first part and
to the end of its answer."""


class GroupSides:
    """What is compared of a group of runs."""

    __slots__ = ("counts", "distributions", "replayed", "values")

    def __init__(self) -> None:
        self.counts: Counts = {name: {} for name in CAPS}
        """By the names of `CAPS`."""
        self.values: dict[str, dict[str, Any]] = {name: {} for name in KEPT_VALUES}
        """By hash: definitions of tools; sizes and beginnings of texts; settings as JSON, None where it is large."""
        self.distributions = _none()
        """Of runs that real APIs answered."""
        self.replayed = _none()
        """Of runs that recordings answered: their tokens and times are not those of a real API."""

    @property
    def runs(self) -> int:
        """Return how many runs it is of."""
        number: int = self.counts["numbers"].get("runs", 0)
        return number

    @property
    def compared(self) -> dict[str, Histogram]:
        """Return the distributions that are compared: those of replays only where there is nothing else."""
        return self.distributions if self.distributions["turns"].number else self.replayed

    def merge(self, other: GroupSides) -> None:
        """Add other runs."""
        for name, caps in CAPS.items():
            add_counts(self.counts[name], other.counts[name], caps)
        for name, counted in KEPT_VALUES.items():
            values = self.values[name]
            for key, value in other.values[name].items():
                values[key] = longer(values.get(key), value)
            self._drop(name, counted)
        for name in DISTRIBUTIONS:
            self.distributions[name].merge(other.distributions[name])
            self.replayed[name].merge(other.replayed[name])

    def _drop(self, name: str, counted: str) -> None:
        """Drop the values that nothing counts any more."""
        known = set(_keys(self.counts[counted], len(CAPS[counted])))
        self.values[name] = {key: value for key, value in self.values[name].items() if key in known}

    def plain(self) -> dict[str, Any]:
        """Return all as a JSON value with sorted keys, equal for equal runs."""
        return {
            "counts": _sorted(self.counts),
            "values": _sorted(self.values),
            "distributions": {name: self.distributions[name].plain() for name in DISTRIBUTIONS},
            "replayed": {name: one.plain() for name, one in self.replayed.items() if one.number},
        }

    @classmethod
    def from_plain(cls, value: Mapping[str, Any]) -> GroupSides:
        """Return what `plain` returned as a value; the value is its own from then on."""
        found = cls()
        found.counts, found.values = dict(value["counts"]), dict(value["values"])
        found.distributions |= {name: Histogram.from_plain(one) for name, one in value["distributions"].items()}
        found.replayed |= {name: Histogram.from_plain(one) for name, one in value["replayed"].items()}
        return found


def _none() -> dict[str, Histogram]:
    return {name: Histogram() for name in DISTRIBUTIONS}


def longer(one: Any, other: Any) -> Any:
    """Return the longer one of two beginnings of the same; how much was kept depends on the rest of a run."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=len) if isinstance(one, str) else max(one, other, key=_kept)


def _kept(value: Any) -> int:
    return len(value[1]) if isinstance(value, list | tuple) else 0


def _keys(counts: Mapping[str, Any], depth: int) -> Iterable[str]:
    if depth == 1:
        yield from counts
        return
    for inner in counts.values():
        yield from _keys(inner, depth - 1)


def _sorted(value: Any) -> Any:
    """Return a JSON value with sorted keys."""
    if isinstance(value, list | tuple):
        return [_sorted(one) for one in value]
    return {key: _sorted(value[key]) for key in sorted(value)} if isinstance(value, dict) else value
