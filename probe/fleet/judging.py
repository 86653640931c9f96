"""Choose what changed between two groups for certain; what may be chance is kept as shares of their runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from json import dumps
from typing import Any

from probe.compare.change import Change, How
from probe.compare.endpoints import Matched
from probe.compare.rules import Area
from probe.compare.shown_values import shown
from probe.fleet.comparison import Share
from probe.fleet.shown import Seen, Shown, may_be_chance
from probe.protocol.values import joined

_UNIT = " runs"
_MUCH = 0.1
"""By how much the shares of runs that show a thing differ where that is worth a line."""
_FEW = 4
"""Values up to which each may mean something."""
VERSION = "⟨agent-version⟩"


class Judge:
    """What two groups of runs show, and what only a part of them does."""

    def __init__(self, before: Shown, after: Shown, versions: tuple[str | None, str | None]) -> None:
        self.before, self.after = before, after
        self._versions = tuple(
            re.compile(rf"(?<![\w.]){re.escape(one)}(?![\w.])") if one and all(versions) else None for one in versions
        )
        self.shares: dict[tuple[Area, str], Share] = {}
        self.evidence: dict[str, str] = {}
        """By place: in how many runs what changed there is."""

    def normal(self, text: str, side: int) -> str:
        """Return a text with a slot for the version of the side (0 or 1), which the names of both have."""
        pattern = self._versions[side]
        return pattern.sub(VERSION, text) if pattern else text

    def is_certain(self, area: Area, what: str, before: Seen, after: Seen) -> bool:
        """Check whether something came or went; note it as a share where it may be chance."""
        if not may_be_chance(before, after):
            return True
        self.share(area, what, before, after)
        return False

    def share(self, area: Area, what: str, before: Seen, after: Seen, unit: str = "runs") -> None:
        """Note what only a part of the runs shows."""
        if before.runs * after.of != after.runs * before.of:
            self.shares[area, what] = Share(area=area, place=what, before=(*before,), after=(*after,), unit=unit)

    def few(
        self, area: Area, what: str, names: Sequence[Collection[str]], seen: Callable[[Shown, int, str], Seen]
    ) -> set[str]:
        """Return the names that one of the two alone shows, by chance; `names` are those of both.

        Names that both show are noted where their shares of runs differ much.
        """
        found = set()
        for name in sorted({*names[0], *names[1]}):
            before, after = seen(self.before, 0, name), seen(self.after, 1, name)
            label = f"{what} {name}".strip()
            if name not in names[0] or name not in names[1]:
                if before.runs + after.runs and not self.is_certain(area, label, before, after):
                    found.add(name)
            elif abs(before.share - after.share) >= _MUCH:
                self.share(area, label, before, after)
        return found

    def changes(self, pair: Matched, part: str, changes: list[Change]) -> list[Change]:
        """Return the changes of a `request` or an `answer` that are certain, counted in runs where that is known."""
        area = Area.SENT if part == "request" else Area.ANSWERS
        found = (self._judged(area, pair, part, one) for one in changes)
        return [one for one in found if one is not None]

    def _judged(self, area: Area, pair: Matched, part: str, change: Change) -> Change | None:
        match change.how:
            case How.SHARE:
                return None
            case How.VALUE if part == "answer" and _has_number(change):
                # Counts and indexes, of which any answer has others.
                return None
            case How.ADDED | How.REMOVED | How.KIND_ADDED | How.KIND_REMOVED:
                return self._alone(area, pair, part, change)
            case How.OPTIONAL | How.REQUIRED:
                return self._required(area, pair, part, change)
            case _:
                return self._values(area, pair, part, change)

    def _seen(self, pair: Matched, part: str, change: Change) -> tuple[Seen, Seen]:
        sides = (self.before, pair.before.name), (self.after, pair.after.name)
        if change.how in (How.KIND_ADDED, How.KIND_REMOVED):
            one, other = (side.kind(name, part, change.tagged or change.parent, change.name) for side, name in sides)
        else:
            at = _at(change)
            one, other = (side.place(name, part, at, change.tagged) for side, name in sides)
        return one, other

    def _alone(self, area: Area, pair: Matched, part: str, change: Change) -> Change | None:
        before, after = self._seen(pair, part, change)
        if not before.runs + after.runs:
            return change
        if self.is_certain(area, change.place, before, after):
            return change._replace(seen=(*before,), seen_after=(*after,), unit=_UNIT)
        return None

    def _required(self, area: Area, pair: Matched, part: str, change: Change) -> Change | None:
        """Judge what not all objects have any more, or have now: by runs where some lack it wholly, else by objects."""
        before, after = self._seen(pair, part, change)
        in_runs = 0 < before.runs + after.runs < before.of + after.of
        if not in_runs:
            before, after = Seen(*change.seen), Seen(*change.seen_after)
        lacking, full = (after, before) if change.how is How.OPTIONAL else (before, after)
        if may_be_chance(Seen(lacking.of - lacking.runs, lacking.of), Seen(0, full.of)):
            unit = "runs" if in_runs else "requests" if area is Area.SENT else "answers"
            self.share(area, change.place, before, after, unit)
            return None
        return change._replace(seen=(*before,), seen_after=(*after,), unit=_UNIT) if in_runs else change

    def _values(self, area: Area, pair: Matched, part: str, change: Change) -> Change | None:
        """Judge other values, or other types of which null is one."""
        old, new = _words(change.before), _words(change.after)
        if change.how is How.TYPE:
            nulls = {"null"} & (set(old) ^ set(new))
            if not nulls or set(old) ^ set(new) != nulls:
                return change
            old, new = ([None] if "null" in words else [] for words in (old, new))
        elif {self.normal(dumps(one), 0) for one in old} == {self.normal(dumps(one), 1) for one in new}:
            return None
        known = [*(one for one in old if one not in new), *(one for one in new if one not in old)]
        found = [(one, self._value(pair, part, _at(change), one)) for one in known]
        if not any(before.runs + after.runs for _, (before, after) in found):
            return change
        for _, (before, after) in found:
            if not may_be_chance(before, after):
                return change._replace(seen=(*before,), seen_after=(*after,), unit=_UNIT)
        # Many values are data.
        for one, (before, after) in found if len(found) <= _FEW else ():
            self.share(area, f"{change.place} = {shown(one)}", before, after)
        return None

    def _value(self, pair: Matched, part: str, at: str, word: Any) -> tuple[Seen, Seen]:
        text = dumps(word)
        return self.before.value(pair.before.name, part, at, text), self.after.value(pair.after.name, part, at, text)


def _at(change: Change) -> str:
    return joined(change.tagged, change.name) if change.name else change.tagged


def _has_number(change: Change) -> bool:
    words = (*_words(change.before), *_words(change.after))
    return any(isinstance(word, int | float) and not isinstance(word, bool) for word in words)


def _words(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def words_of(before: Seen, after: Seen) -> str:
    """Return in how many runs of both groups something is."""
    return f"in {before.words} runs, now in {after.words}"


def most_common(counts: Mapping[str, int]) -> str:
    """Return the name that most runs show; of several, the first by name."""
    return min(counts, key=lambda name: (-counts[name], name))


def is_open(counts: Mapping[str, int], runs: int) -> bool:
    """Check whether values are data: too many, or another one in most runs."""
    return len(counts) > _FEW or 2 * max(counts.values(), default=0) < runs
