"""Find volatile values and replace them by the names of their slots."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from probe.addon.json_text import DEEPEST, too_deep
from probe.record.exchange import Headers
from probe.slots.environment import NOWHERE, Environment, date_patterns, known_patterns
from probe.slots.rules import BUILT_IN, Rule, is_at

_NUMBERED = re.compile(r"\[\d+\]")
_LITERAL = re.compile(r"(?:[A-Za-z0-9 :/_,\"'=<>-]|\\[^A-Za-z0-9])+(?![?*{])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_OR_CLASS = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
_INNERMOST_GROUP = re.compile(r"\([^()]*\)")
_YEAR = re.compile(r"\d{4}(?=$|\D)|\d{4}(?=\d{4})")
_LONGEST_CACHED, _MOST_CACHED = 64, 20_000
"""Names, types and the like come again and again."""


class Found(NamedTuple):
    """A volatile value."""

    at: str
    """Where it is: `input[2].id`; a volatile key is at `*`."""
    slot: str
    text: str


class _Pattern(NamedTuple):
    """A rule, ready for the search."""

    slot: str
    literal: str
    """What a text must have for the rule to match; a search for it is ten times as fast."""
    needed: Callable[[str], object] | None
    """Searches for what a text must have, too; None where that is not known."""
    compiled: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]


class _Search:
    """The rules that count at a place, one after the other: what one has replaced is no longer there for the next."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.placed = any(rule.at for rule in rules)
        by_year = groupby(rules, _year)
        self._patterns = [(year, list(map(_pattern, some))) for year, some in by_year]
        self._known: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Return a text with slots in the place of values."""
        if len(text) > _LONGEST_CACHED:
            return self._text(text)
        known = self._known.get(text)
        if known is None:
            known = self._text(text)
            if len(self._known) < _MOST_CACHED:
                self._known[text] = known
        return known

    def _text(self, text: str) -> str:
        for year, patterns in self._patterns:
            if year not in text:
                continue
            for _, literal, needed, compiled, replacement in patterns:
                if literal in text and (needed is None or needed(text)):
                    text = compiled.sub(replacement, text)
        return text

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the slots of a text and their values."""
        for year, patterns in self._patterns:
            if year not in text:
                continue
            for slot, literal, needed, compiled, replacement in patterns:
                if literal in text and (needed is None or needed(text)):
                    yield from ((slot, match[compiled.groups]) for match in compiled.finditer(text))
                    text = compiled.sub(replacement, text)


class Slots:
    """Normalises values: a volatile one becomes `⟨kind⟩`, whatever it is, and all else stays as it is."""

    def __init__(self, environment: Environment = NOWHERE, rules: Sequence[Rule] = BUILT_IN) -> None:
        known = [Rule(slot=slot, pattern=pattern) for slot, pattern in known_patterns(environment)]
        # After times, which have dates in them.
        dates = [Rule(slot="date", pattern=one, needs=_YEAR.findall(one)[0]) for one in date_patterns(environment)]
        self._placed = [rule for rule in rules if rule.at is not None]
        self._anywhere = [*known, *(rule for rule in rules if rule.at is None), *dates]
        self._searches: dict[tuple[int, ...], _Search] = {(): _Search(self._anywhere)}
        self._at: dict[str, _Search] = {"": self._searches[()]}

    def text(self, text: str, at: str = "") -> str:
        """Return a text with slots in the place of values."""
        return self._search(at).text(text)

    def value(self, value: Any, at: str = "") -> Any:
        """Return a JSON value normalised, keys of maps and JSON within texts too; a volatile number becomes 0."""
        if isinstance(value, str):
            inner = json_within(value)
            if inner is None:
                return self._search(at).text(value)
            normal = self.value(inner, at)
            # A text without slots keeps its spaces.
            return value if normal == inner else msgspec.json.encode(normal).decode()
        if isinstance(value, dict):
            return self._members(value, at)
        if isinstance(value, list | tuple):
            return [self.value(one, f"{at}[]") for one in value]
        return 0 if self._slot_of_number(value, at) else value

    def headers(self, headers: Headers) -> dict[str, Any]:
        """Return headers normalised, their names in small letters."""
        lowered: dict[str, Any] = {}
        for name, value in headers.items():
            before = lowered.get(name.lower())
            lowered[name.lower()] = value if before is None else [*_listed(before), *_listed(value)]
        return {name: self.value(value, f"headers.{name}") for name, value in lowered.items()}

    def found(self, value: Any, at: str = "") -> Iterator[Found]:
        """Yield each volatile value with its place."""
        if isinstance(value, str):
            inner = json_within(value)
            if inner is not None:
                yield from self.found(inner, at)
            else:
                yield from map(partial(_found, at), self._search(at).found(value))
        elif isinstance(value, dict):
            for key, one in value.items():
                yield from map(partial(_found, _member(at, "*")), self._at[""].found(key))
                yield from self.found(one, _member(at, self._at[""].text(key)))
        elif isinstance(value, list | tuple):
            for number, one in enumerate(value):
                yield from self.found(one, f"{at}[{number}]")
        elif slot := self._slot_of_number(value, at):
            yield Found(at, slot, repr(value))

    def _members(self, value: dict[str, Any], at: str) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, one in value.items():
            name = self._at[""].text(key)
            normal = self.value(one, _member(at, name))
            number, unique = 1, name
            while unique in members:
                # Several volatile keys of one map.
                number += 1
                unique = f"{name} {number}"
            members[unique] = normal
        return members

    def _slot_of_number(self, value: Any, at: str) -> str | None:
        """Return the slot that a number as a whole is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        search, text = self._search(at), repr(value)
        if not search.placed or not search.text(text).startswith("⟨"):
            return None
        (slot, found), *_ = search.found(text)
        return slot if found == text else None

    def _search(self, at: str) -> _Search:
        search = self._at.get(at)
        if search is None:
            place = _NUMBERED.sub("[]", at)
            numbers = tuple(number for number, rule in enumerate(self._placed) if is_at(rule, place))
            search = self._searches.get(numbers)
            if search is None:
                rules = [*(self._placed[number] for number in numbers), *self._anywhere]
                search = self._searches[numbers] = _Search(rules)
            if len(self._at) < _MOST_CACHED:
                self._at[at] = search
        return search


def json_within(text: str) -> Any:
    """Return the object or array that a text is; None where it is neither, or nested too deeply to be walked."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return None if text.count("[") + text.count("{") > DEEPEST and too_deep(value) else value


def _year(rule: Rule) -> str:
    """Return the year that all spellings of a day need, so that a text without it is done at once; empty for others."""
    return rule.needs if rule.needs and rule.needs.isdigit() else ""


def _pattern(rule: Rule) -> _Pattern:
    compiled, name = re.compile(rule.pattern), f"⟨{rule.slot}⟩"
    needed = re.compile(rule.needs).search if rule.needs else None
    replacement = partial(_replaced, name) if compiled.groups else name
    return _Pattern(rule.slot, _literal(rule.pattern), needed, compiled, replacement)


def _literal(pattern: str) -> str:
    """Return what each text begins with that a pattern matches, as far as it is plain to see."""
    outside = _ESCAPED_OR_CLASS.sub("", pattern)
    while outside != (outside := _INNERMOST_GROUP.sub("", outside)):
        pass
    literal = _LITERAL.match(pattern)
    return _ESCAPED.sub(r"\1", literal[0]) if literal and "|" not in outside else ""


def _replaced(name: str, match: re.Match[str]) -> str:
    """Return a match with the name of a slot in the place of its group."""
    (first, _), (start, end) = match.span(), match.span(1)
    return f"{match[0][: start - first]}{name}{match[0][end - first :]}"


def _found(at: str, found: tuple[str, str]) -> Found:
    return Found(at, *found)


def _member(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
