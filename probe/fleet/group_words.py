"""What is known of groups in words that come and go: models, reasons to stop, modes, platforms; and their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probe.compare.comparison import Finding, Measure, Spread, finding
from probe.compare.rules import RULES
from probe.compare.shown_values import are, listed
from probe.fleet.histogram import Histogram
from probe.fleet.judging import Judge, words_of
from probe.fleet.shown import Seen
from probe.fleet.sides import GroupSides

_MEASURES = {
    "turns": ("turns of a run", "", 1),
    "input tokens": ("input tokens of a call", "tokens", 1),
    "output tokens": ("output tokens of a call", "tokens", 1),
    "first part": ("request to first token", "seconds", 1_000_000),
    "answer": ("request to end of answer", "seconds", 1_000_000),
    "seconds": ("whole run", "seconds", 1_000_000),
    "sent": ("sent by a run", "bytes", 1),
    "received": ("received by a run", "bytes", 1),
}
"""By distribution: its name, its unit, and by how much it is divided."""


def word_findings(before: GroupSides, after: GroupSides, judge: Judge) -> Iterator[Finding]:
    """Yield models, reasons to stop, modes and platforms that came or went."""
    sides = before.counts, after.counts
    for purpose in sorted(sides[0]["models"].keys() & sides[1]["models"].keys()):
        counts = [side["models"][purpose] for side in sides]
        of = [side["purposes"].get(purpose, 0) for side in sides]
        beside = "" if purpose == "turn" else f" of a {purpose}"
        yield from _changed(judge, counts, of, "model-changed", "model", f"model{beside}")
    stops = [side["stops"] for side in sides]
    calling = [side["numbers"].get("calling", 0) for side in sides]
    yield from _changed(judge, stops, calling, "stop-changed", "stop", "reason to stop")
    for name, kind, word in (("modes", "mode-changed", "mode"), ("platforms", "platform-changed", "platform")):
        counts = [side[name] for side in sides]
        known = [sum(one.values()) for one in counts]
        yield from _changed(judge, counts, known, kind, f"run.{word}", word)


def _changed(
    judge: Judge, counts: Sequence[Mapping[str, int]], of: Sequence[int], kind: str, place: str, what: str
) -> Iterator[Finding]:
    """Yield one finding for the words that are gone for certain, and those that are new."""
    if not all(counts):
        return
    found: dict[str, list[str]] = {"gone": [], "new": []}
    evidence = []
    for name in sorted(counts[0].keys() ^ counts[1].keys()):
        before, after = (
            Seen(runs := side.get(name, 0), max(runs, most)) for side, most in zip(counts, of, strict=True)
        )
        if judge.is_certain(RULES[kind].area, f"{what} {name}", before, after):
            found["gone" if name in counts[0] else "new"].append(name)
            evidence.append(f"{name} {words_of(before, after)}")
    if evidence:
        line = "; ".join(f"{what} {are(names, word)}" for word, names in found.items() if names)
        yield finding(kind, place, line, before=found["gone"], after=found["new"], evidence=listed(evidence))


def group_measures(before: GroupSides, after: GroupSides) -> Iterator[Measure]:
    """Yield how turns, tokens, times and bytes are spread; medians are the middle of a bucket."""
    for name, (what, unit, divisor) in _MEASURES.items():
        one, other = (_spread(side.compared[name], divisor) for side in (before, after))
        if one.n or other.n:
            yield Measure(what=what, unit=unit, before=one, after=other)


def _spread(found: Histogram, divisor: int) -> Spread:
    middle = found.at(0.5)
    if middle is None:
        return Spread(n=0)
    numbers = {"median": sum(middle) / 2, "low": found.smallest or 0, "high": found.largest or 0}
    return Spread(n=found.number, **{name: round(number / divisor, 6) for name, number in numbers.items()})
