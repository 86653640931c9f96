"""Look up how many runs of a group show a place, and whether that another group does not show it may be chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from probe.fleet.shown_places import Places, section_of

CHANCE = 0.01
"""How likely it may be that what some runs of one group show is in none of the other's."""
_TAGS = re.compile(r"\[([^\]]+)\]")
_VALUE = re.compile(r"((?:[^=\[]|\[[^\]]*\])*)=(.*)", re.DOTALL)
_Tags = dict[int, dict[str, str]]
"""By the place in the plain path: the tags that objects have there."""


class Seen(NamedTuple):
    """In how many runs something was seen."""

    runs: int
    of: int
    """Of how many that could show it."""

    @property
    def share(self) -> float:
        """Return which share of the runs that is."""
        return self.runs / self.of if self.of else 0.0

    @property
    def words(self) -> str:
        """Return it in words."""
        return f"{self.runs:,} of {self.of:,}"


def may_be_chance(here: Seen, there: Seen) -> bool:
    """Check whether runs of which none shows a thing may be like others, of which some do.

    What all runs of the one show, and none of the other, is never called chance, however few they are.
    """
    shown, none = (here, there) if here.runs else (there, here)
    if none.runs or not shown.runs or not none.of:
        return True
    if shown.runs == shown.of:
        return False
    # Fisher's exact test: how likely all that show it are in the one group, if they are dealt out blindly.
    together, few, many = shown.of + none.of, *sorted((shown.runs, none.of))
    likely = 1.0
    for number in range(few):
        likely *= (together - many - number) / (together - number)
        if likely <= CHANCE:
            return False
    return True


class Shown:
    """The places that runs of a group show."""

    def __init__(self, places: Places, runs: int) -> None:
        self._places, self.runs = places, runs
        self._index: dict[str, dict[tuple[str, str | None], list[tuple[_Tags, int]]]] = {}

    def flat(self, endpoint: str, part: str, name: str) -> Seen:
        """Return how many of the runs that reach an endpoint show a status, a header or a parameter."""
        return self._of(self._places.get(section_of(endpoint, part), {}).get(name, 0), self.reached(endpoint))

    def reached(self, endpoint: str) -> int:
        """Return how many runs reach an endpoint."""
        return self._places.get(section_of(endpoint, "reached"), {}).get("", 0)

    def place(self, endpoint: str, part: str, at: str, parent: str) -> Seen:
        """Return how many of the runs that show a parent show a place in it; at least so many, where kinds mix."""
        of = self._number(section_of(endpoint, part), parent) if parent else self.reached(endpoint)
        return self._of(self._number(section_of(endpoint, part), at), of)

    def event(self, name: str) -> Seen:
        """Return how many runs have a kind of events, at whatever endpoint most of them have it."""
        return self._anywhere(f"event[{name}]", "answer")

    def header(self, name: str) -> Seen:
        """Return how many runs send a header, to whatever endpoint most of them send it."""
        return self._anywhere(name, "headers")

    def _anywhere(self, name: str, part: str) -> Seen:
        found = (one.get(name, 0) for section, one in self._places.items() if section.endswith(f" {part}"))
        return Seen(max(found, default=0), self.runs)

    def value(self, endpoint: str, part: str, at: str, value: str) -> Seen:
        """Return how many of the runs that show a place have a value there, as JSON."""
        section = section_of(endpoint, part)
        return self._of(self._number(section, at, value), self._number(section, at))

    def kind(self, endpoint: str, part: str, parent: str, name: str) -> Seen:
        """Return how many of the runs that show a parent have objects of a kind there."""
        section = section_of(endpoint, part)
        plain, _ = _parsed(parent)
        words = set(name.split("."))
        found = [
            runs
            for tags, runs in self._indexed(section).get((plain, None), ())
            if (last := {*tags.get(len(plain), {}).values()}) and (words <= last or name in last)
        ]
        return self._of(max(found, default=0), self._number(section, parent) if parent else self.reached(endpoint))

    @staticmethod
    def _of(runs: int, of: int) -> Seen:
        return Seen(runs, max(runs, of))

    def _number(self, section: str, at: str, value: str | None = None) -> int:
        plain, tags = _parsed(at)
        found = self._indexed(section).get((plain, value), ())
        return max((runs for known, runs in found if _fits(tags, known)), default=0)

    def _indexed(self, section: str) -> Mapping[tuple[str, str | None], list[tuple[_Tags, int]]]:
        if section not in self._index:
            index = self._index[section] = {}
            for place, runs in self._places.get(section, {}).items():
                match = _VALUE.fullmatch(place)
                at, value = (match[1], match[2]) if match else (place, None)
                plain, tags = _parsed(at)
                index.setdefault((plain, value), []).append((tags, runs))
        return self._index[section]


def _fits(asked: _Tags, known: _Tags) -> bool:
    """Check whether objects with known tags are among those that are asked for."""
    return all(tags.items() <= known.get(place, {}).items() for place, tags in asked.items())


def _parsed(at: str) -> tuple[str, _Tags]:
    """Return a place without its tags, and the tags by where in it they are."""
    plain, tags, end = "", _Tags(), 0
    for match in _TAGS.finditer(at):
        # A body has tags, too: `[type=response.create].model`.
        plain += at[end : match.start()].removeprefix("." if not plain else "")
        pairs = (pair.partition("=") for pair in match[1].split(","))
        # An event has its name and its tags at one place: `event[response.done][type=response.done]`.
        tags.setdefault(len(plain), {}).update({name: value for name, _, value in pairs})
        end = match.end()
    return plain + at[end:].removeprefix("." if not plain else ""), tags
