"""Turn values into the rows of a table: place, in how many, type, and what is known of the value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from probe.protocol.values import Map, Member, Value, joined
from probe.report.markdown.escape import code, inline

_REPEATED = 6
"""Rows from which a part of a table that was shown before is only referred to."""
_MOST_VALUES = 12
"""Values of an enum that are listed."""


class Row(NamedTuple):
    """One row of a table."""

    place: str
    found: str
    """`412 of 412`."""
    kind: str
    known: str


class Rows:
    """Makes rows; a part that is the same as one before is one row that says where that is."""

    def __init__(self) -> None:
        self._shown: dict[tuple[tuple[str, ...], ...], str] = {}

    def of_value(self, value: Value, title: str) -> list[Row]:
        """Return the rows of all places below a value; `title` names the table."""
        return list(self._below(value, "", title))

    def of_members(self, members: Mapping[str, Member], of: int, title: str) -> list[Row]:
        """Return the rows of headers, or of the parameters of a query, with what is in those that hold JSON."""
        found = ((name, f"{one.count} of {of}", one.value) for name, one in members.items())
        return [row for name, count, value in found for row in self._place(value, name, count, title)]

    def _place(self, value: Value, at: str, found: str, title: str) -> Iterator[Row]:
        below = list(Rows._plain(value, ""))
        if len(below) >= _REPEATED:
            key = tuple((row.place, row.kind, row.known, str(_always(row.found))) for row in below)
            before = self._shown.get(key)
            if before is not None:
                yield Row(code(at), found, kinds(value), f"as {before}")
                return
            self._shown[key] = f"{code(at)} of {title}"
        yield Row(code(at), found, kinds(value), known(value))
        yield from self._below(value, at, title)

    def _below(self, value: Value, at: str, title: str) -> Iterator[Row]:
        for place, found, one in _inner(value, at):
            yield from self._place(one, place, found, title)

    @staticmethod
    def _plain(value: Value, at: str) -> Iterator[Row]:
        for place, found, one in _inner(value, at):
            yield Row(place, found, kinds(one), known(one))
            yield from Rows._plain(one, place)


def _always(found: str) -> bool:
    count, _, of = found.partition(" of ")
    return count == of


def _inner(value: Value, at: str) -> Iterator[tuple[str, str, Value]]:
    """Yield place, count and value of all that is directly below a value."""
    yield from _members(value.members, at, value.objects)
    for variant in value.union.variants if value.union else ():
        # The tag itself is in the name of the place.
        rest = {name: one for name, one in variant.members.items() if variant.tag.get(name) is None}
        found = f"{variant.count} of {value.objects}"
        yield (
            f"{at}{variant.place}",
            found,
            Value(count=variant.count, types={"object": variant.count}, members=rest, map=variant.map),
        )
    if value.map:
        yield joined(at, "*"), f"{value.map.values.count}", value.map.values
    if value.elements:
        yield f"{at}[]", f"{value.elements.count}", value.elements
    if value.inside:
        yield f"{at}→", f"{value.inside.count}", value.inside


def _members(members: Mapping[str, Member], at: str, of: int) -> Iterator[tuple[str, str, Value]]:
    for name, member in members.items():
        yield joined(at, name), f"{member.count} of {of}", member.value


def kinds(value: Value) -> str:
    """Return the types of a value; of several each with its count."""
    if len(value.types) == 1:
        return next(iter(value.types))
    return ", ".join(f"{kind} {count}" for kind, count in sorted(value.types.items()))


def known(value: Value) -> str:
    """Return what is known of a value, without counts."""
    found: list[str] = []
    if value.constant is not None:
        found.append(_shown(value.constant))
    if value.enum:
        more = len(value.enum) - _MOST_VALUES
        found.append(" or ".join(map(_shown, value.enum[:_MOST_VALUES])) + (f" or {more} more" if more > 0 else ""))
    if value.slot:
        found.append(inline(value.slot))
    if value.union:
        tags = " and ".join(map(code, value.union.tag))
        found.append(f"one of {len(value.union.variants)} by {tags}")
    if value.map:
        found.append(_map(value.map))
    if value.opaque:
        found.append(f"{value.opaque}, not described")
    if value.format and not value.slot:
        found.append(value.format)
    if value.range:
        found.append(_range(*value.range))
    if value.examples and not found:
        found.append("such as " + ", ".join(map(_shown, value.examples)))
    if not found and value.types.keys() & {"integer", "number"}:
        found.append("number")
    return "; ".join(found)


def _map(found: Map) -> str:
    return f"map, keys are {inline(found.keys)}"


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return code(value) if value else '""'
    return code(
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    )


def _range(smallest: float, largest: float) -> str:
    """Return the powers of ten between which numbers are: these are the same for recordings that are alike."""
    low = 10 ** math.floor(math.log10(smallest)) if smallest >= 1 else 0 if smallest >= 0 else "negative"
    high = 10 ** (math.floor(math.log10(largest)) + 1) if largest >= 1 else 1
    return f"{low:,} to {high:,}" if isinstance(low, int) else f"negative to {high:,}"
