"""Learn rules from two recordings of the same prompt: what differs and is no slot yet, is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from probe.slots.differences import Difference, matching, whole_differences
from probe.slots.environment import Environment
from probe.slots.rules import Rule
from probe.slots.sent import Sent
from probe.slots.slots import Slots

_SHAPES = {
    "number": r"\d",
    "decimal": r"[\d.]",
    "hex": "[0-9a-f]",
    "code": "[0-9A-Za-z]",
    "token": r"[\w+/=.-]",
}
"""From the narrowest on: slot → one character of it."""
_RESULTS = ("output", "content")
"""Members that hold what a tool returned."""
_WRAPPED = ("functionResponse", "toolResult")
"""Members that are a tool's result with its id."""
_EPOCH = re.compile(r"1[5-9]\d{8}(?:\d{3})?(?:\.\d+)?")
_TOKENS = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]")
_NUMBERED = re.compile(r"\[\d+\]")
_CONTEXT = 24
"""Characters before a value that a rule for a part of a text asks for, at most."""
_SHORTEST_CONTEXT, _SHORTEST_HEX = 4, 6


class ValuePlace(NamedTuple):
    """Where a volatile value is."""

    at: str
    before: str
    """What is before it on its line, within the text."""
    whole: bool
    """Whether it is all of the text."""


class Learned(NamedTuple):
    """What two recordings teach."""

    rules: dict[Rule, tuple[str, str]]
    """Each with the two values that it was learned from."""
    left: list[Difference]
    """What differs still: words, numbers of elements, members of one side."""
    aligned: int
    only: tuple[int, int]
    """Requests of each recording that the other has no counterpart of."""


def learn(
    before: Sequence[Sent], after: Sequence[Sent], around: tuple[Environment, Environment], rules: Sequence[Rule]
) -> Learned:
    """Return the rules beside the known ones that make two recordings equal, in their environments."""
    pairs = matching([_kind(one) for one in before], [_kind(one) for one in after])
    sent = [(before[one], after[other]) for one, other in pairs]
    found: dict[ValuePlace, list[str]] = {}
    for difference in _differences(sent, around, rules):
        for place, *values in _values(difference):
            found.setdefault(place, []).extend(values)
    made = {_rule(place, values): (values[0], values[1]) for place, values in found.items()}
    learned = {rule: values for rule, values in made.items() if rule is not None}
    left = list(_differences(sent, around, [*rules, *learned]))
    return Learned(learned, left, len(pairs), (len(before) - len(pairs), len(after) - len(pairs)))


def _kind(sent: Sent) -> tuple[Any, ...]:
    """Return what requests share that are counterparts: endpoint, model, and how much they hold."""
    body = sent.body if isinstance(sent.body, dict) else {}
    sizes = [(name, len(value)) for name, value in sorted(body.items()) if isinstance(value, list)]
    return sent.endpoint, str(body.get("model")), *sizes


def _differences(
    sent: Sequence[tuple[Sent, Sent]], around: tuple[Environment, Environment], rules: Sequence[Rule]
) -> Iterator[Difference]:
    old, new = (Slots(one, rules) for one in around)
    for before, after in sent:
        yield from whole_differences(old.headers(before.headers), new.headers(after.headers), "headers")
        yield from whole_differences(old.value(_without_results(before.body)), new.value(_without_results(after.body)))


def _without_results(value: Any) -> Any:
    """Return a body without what tools returned: that is the folder's, not the agent's. The ids of calls stay."""
    if isinstance(value, list):
        return [_without_results(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = str(value.get("type"))
    is_result = kind == "tool_result" or kind.endswith("_output") or value.get("role") == "tool"
    return {
        name: _ids_of(one) if name in _WRAPPED and isinstance(one, dict) else _without_results(one)
        for name, one in value.items()
        if not (is_result and name in _RESULTS)
    }


def _ids_of(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a result has beside what the tool returned."""
    return {name: one for name, one in result.items() if isinstance(one, str)}


def _values(difference: Difference) -> Iterator[tuple[ValuePlace, str, str]]:
    """Yield the places of volatile values, each with both values; nothing where anything else differs."""
    at, before, after = _NUMBERED.sub("[]", difference.at), difference.before, difference.after
    if _is_number(before) and _is_number(after):
        yield ValuePlace(at, "", True), repr(before), repr(after)
    elif isinstance(before, str) and isinstance(after, str):
        found = list(_parts(before, after))
        if all(_shape([old, new]) for _, old, new in found):
            yield from ((ValuePlace(at, line, (old, new) == (before, after)), old, new) for line, old, new in found)


def _parts(before: str, after: str) -> Iterator[tuple[str, str, str]]:
    """Yield what differs in two texts, with what is before it on its line in both."""
    old, new = before.split("\n"), after.split("\n")
    i = j = 0
    for next_i, next_j in (*matching(old, new), (len(old), len(new))):
        if next_i - i != next_j - j:
            yield "", "\n".join(old[i:next_i]), "\n".join(new[j:next_j])
        else:
            for one, other in zip(old[i:next_i], new[j:next_j], strict=True):
                yield from _parts_of_line(_TOKENS.findall(one), _TOKENS.findall(other))
        i, j = next_i + 1, next_j + 1


def _parts_of_line(old: list[str], new: list[str]) -> Iterator[tuple[str, str, str]]:
    i = j = same = 0
    for next_i, next_j in (*matching(old, new), (len(old), len(new))):
        if (i, j) != (next_i, next_j):
            line = "".join(old[same:i]).rpartition("⟩")[2]
            yield line[-_CONTEXT:], "".join(old[i:next_i]), "".join(new[j:next_j])
            same = next_i
        i, j = next_i + 1, next_j + 1


def _shape(values: Sequence[str]) -> str | None:
    """Return the narrowest shape that all values have; None where they are words, or one is a slot already."""
    digits = [re.search(r"\d", text) is not None for text in values]
    # Of hexadecimal digits, some have letters alone.
    if not (all(digits) or (any(digits) and min(map(len, values)) == max(map(len, values)) >= _SHORTEST_HEX)):
        return None
    return next((slot for slot, one in _SHAPES.items() if all(re.fullmatch(f"{one}+", text) for text in values)), None)


def _rule(place: ValuePlace, values: Sequence[str]) -> Rule | None:
    """Return the rule that fits all values of a place; None where they have too little in common."""
    shape, lengths = _shape(values), set(map(len, values))
    if shape is None or (not place.whole and len(place.before.strip()) < _SHORTEST_CONTEXT):
        return None
    length = "+" if shape in ("number", "decimal") or len(lengths) > 1 else f"{{{lengths.pop()}}}"
    value = f"{_SHAPES[shape]}{length}"
    pattern = f"^{value}$" if place.whole else rf"{re.escape(place.before)}({value})(?![0-9A-Za-z⟨])"
    return Rule(slot="time" if all(map(_EPOCH.fullmatch, values)) else shape, pattern=pattern, at=place.at or None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
