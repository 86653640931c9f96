"""Differences of two JSON values, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Final, Literal, NamedTuple

from probe.record.canonical_json import canonical_json
from probe.slots.slots import json_within

_LONG_TEXT, _CONTEXT, _STRETCH = 200, 40, 120
_LONGEST = 1 << 13
"""Elements of which the longest common subsequence is looked for; longer arrays are compared half by half."""
_NAMES = ("type", "role", "name", "event")


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent.ABSENT
"""The value of what is on one side only."""


class Difference(NamedTuple):
    """One difference."""

    at: str
    """Where it is in the value before; for what is added, in the value after. `→` leads into JSON in a text."""
    before: Any
    after: Any


def differences(before: Any, after: Any, at: str = "") -> Iterator[Difference]:
    """Yield the differences of two JSON values; none where they are equal, in whatever order their members are.

    Of long texts the first stretch that differs is given, with what is around it.
    """
    for one in whole_differences(before, after, at):
        texts = isinstance(one.before, str) and isinstance(one.after, str)
        yield Difference(one.at, *_stretches(one.before, one.after)) if texts else one


def whole_differences(before: Any, after: Any, at: str = "") -> Iterator[Difference]:
    """Yield the differences of two JSON values, with long texts whole."""
    if _key(before) == _key(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _of_member(before, after, name, f"{at}.{name}" if at else name)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, at)
    elif isinstance(before, str) and isinstance(after, str):
        yield from _of_texts(before, after, at)
    else:
        yield Difference(at, before, after)


def matching(before: Sequence[Any], after: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the indexes of a longest common subsequence of hashable elements, in order."""
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    pairs = [(number, number) for number in range(first)]
    pairs += [(first + one, first + other) for one, other in _longest(old, new)]
    return pairs + [(len(before) - number, len(after) - number) for number in range(last, 0, -1)]


def _longest(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Yield the indexes of a longest common subsequence, by Hyyrö's bit-parallel algorithm; of parts, for long ones."""
    if max(len(before), len(after)) > _LONGEST:
        half, other_half = len(before) // 2, len(after) // 2
        yield from _longest(before[:half], after[:other_half])
        rest = _longest(before[half:], after[other_half:])
        yield from ((half + one, other_half + other) for one, other in rest)
        return
    known, places = set(after), dict[Any, int]()
    for place, element in enumerate(reversed(before)):
        if element in known:
            places[element] = places.get(element, 0) | 1 << place
    # A bit of a row is 0 where the subsequence of all from its element on is one longer than without this element.
    row = every = (1 << len(before)) - 1
    rows = []
    for element in reversed(after):
        equal = row & places.get(element, 0)
        row = (row + equal | row - equal) & every
        rows.append(row)
    i = j = 0
    while i < len(before) and j < len(after):
        if before[i] == after[j]:
            yield i, j
            i, j = i + 1, j + 1
        elif rows[-1 - j] >> (len(before) - 1 - i) & 1:
            i += 1
        else:
            j += 1


def _of_member(before: dict[str, Any], after: dict[str, Any], name: str, at: str) -> Iterator[Difference]:
    if name in before and name in after:
        yield from whole_differences(before[name], after[name], at)
    else:
        yield Difference(at, before.get(name, ABSENT), after.get(name, ABSENT))


def _of_lists(before: list[Any], after: list[Any], at: str) -> Iterator[Difference]:
    """Yield the differences of two arrays; between equal elements, those of one kind are compared with each other."""
    equal = matching([_key(one) for one in before], [_key(one) for one in after])
    i = j = 0
    for next_i, next_j in (*equal, (len(before), len(after))):
        old, new = before[i:next_i], after[j:next_j]
        if len(old) == len(new):
            alike = [(number, number) for number in range(len(old))]
        else:
            alike = matching([_kind(one) for one in old], [_kind(one) for one in new])
        yield from _of_stretch(old, new, alike, (i, j), at)
        i, j = next_i + 1, next_j + 1


def _of_stretch(
    old: list[Any], new: list[Any], alike: list[tuple[int, int]], first: tuple[int, int], at: str
) -> Iterator[Difference]:
    i = j = 0
    for next_i, next_j in (*alike, (len(old), len(new))):
        yield from (Difference(f"{at}[{first[0] + number}]", old[number], ABSENT) for number in range(i, next_i))
        yield from (Difference(f"{at}[{first[1] + number}]", ABSENT, new[number]) for number in range(j, next_j))
        if next_i < len(old) and next_j < len(new):
            yield from whole_differences(old[next_i], new[next_j], f"{at}[{first[0] + next_i}]")
        i, j = next_i + 1, next_j + 1


def _of_texts(before: str, after: str, at: str) -> Iterator[Difference]:
    old, new = json_within(before), json_within(after)
    if old is not None and new is not None and _key(old) != _key(new):
        yield from whole_differences(old, new, f"{at}→")
    else:
        yield Difference(at, before, after)


def _stretches(before: str, after: str) -> tuple[str, str]:
    """Return where two long texts differ first, with what is around it; short ones are whole."""
    if max(len(before), len(after)) <= _LONG_TEXT:
        return before, after
    shorter = min(len(before), len(after))
    first = next((number for number in range(shorter) if before[number] != after[number]), shorter)
    last = 0
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        last += 1
    old, new = (_cut(one, max(0, first - _CONTEXT), len(one) - last + _CONTEXT) for one in (before, after))
    return old, new


def _cut(text: str, begin: int, end: int) -> str:
    end = min(end, begin + _CONTEXT + _STRETCH, len(text))
    return f"{'…' * (begin > 0)}{text[begin:end]}{'…' * (end < len(text))}"


def _kind(value: Any) -> Any:
    """Return what two elements share that may be the same one, changed."""
    if not isinstance(value, dict):
        return type(value).__name__
    return tuple(one if isinstance(one := value.get(name), str) else None for name in _NAMES)


def _key(value: Any) -> bytes | Literal[_Absent.ABSENT]:
    """Return what equal values share; unlike for Python, true is not 1."""
    return value if value is ABSENT else canonical_json(value)
