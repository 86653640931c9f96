"""Write a comparison as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from probe.compare.comparison import Compared, Comparison, Finding, Measure, Spread, TurnLine, TurnPair
from probe.compare.rules import Polarity
from probe.report.markdown.escape import code, fence, fold, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import plural

NONE = "no differences but slots"
_TURNS = 60
"""Pairs of turns that are listed; the page and the JSON have all."""


def markdown_of(comparison: Comparison) -> str:
    """Return a comparison as Markdown; one line where nothing differs."""
    return "\n".join(_lines(comparison)) if comparison.findings else f"{NONE}\n"


def summary_line(comparison: Comparison) -> str:
    """Return how many findings there are of each polarity."""
    counts = [f"{count} {one.value}" for one in Polarity if (count := comparison.count(one))]
    return ", ".join(counts) if counts else NONE


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"# {inline(comparison.before.name)} → {inline(comparison.after.name)}\n"
    yield f"**{summary_line(comparison)}**\n"
    rows = [(name, inline(one), inline(other)) for name, one, other in run_rows(comparison)]
    yield table(("", "before", "after"), rows)
    for area, findings in groupby(comparison.findings, key=lambda one: one.area):
        yield f"## {area.value}\n"
        yield from finding_lines(findings)
    if comparison.turns:
        yield from _turns(comparison)
    if comparison.measures:
        yield "## Numbers\n"
        yield "No findings: the time and cost of one run are noise. n is how many calls a spread is of.\n"
        yield table(("", "before", "after"), map(measure_cells, comparison.measures))


def run_rows(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Return what both runs were."""
    before, after = comparison.before, comparison.after
    ended = "by itself, exit code 0" if before.state or after.state else None
    rows: list[tuple[str, str | None, str | None]] = [
        ("agent", before.agent, after.agent),
        ("ended", before.state or ended, after.state or ended),
        ("mode", before.mode, after.mode),
        ("model", ", ".join(before.models), ", ".join(after.models)),
        ("prompt", before.prompt, after.prompt),
        ("answered by", _answered(before), _answered(after)),
        ("exchanges", f"{before.exchanges:,}", f"{after.exchanges:,}"),
        ("calls of the model", f"{before.turns:,}", f"{after.turns:,}"),
    ]
    return [(name, one or "?", other or "?") for name, one, other in rows if one or other]


def _answered(run: Compared) -> str | None:
    return f"the recording {run.replay_of}" if run.replay_of else None


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a list of findings, their texts folded."""
    for one in findings:
        seen = f" ({inline(one.evidence)})" if one.evidence else ""
        yield f"- **{one.polarity.value}** {code(one.place)}: {inline(one.line)}{seen}"
        if one.text:
            yield ""
            yield "  " + fold("Text", fence("\n".join(one.text), "diff")).replace("\n", "\n  ").rstrip() + "\n"
    yield ""


def _turns(comparison: Comparison) -> Iterator[str]:
    yield "## Turns side by side\n"
    rows = [(mark(comparison, place), *_cells(pair)) for place, pair in enumerate(comparison.turns[:_TURNS])]
    yield table(("", "before", "after"), rows)
    if (more := len(comparison.turns) - _TURNS) > 0:
        yield f"… and {plural(more, 'pair')} more.\n"


def mark(comparison: Comparison, place: int) -> str:
    """Return how the turns of a pair compare."""
    parting = comparison.parting
    if parting and place == parting.pair:
        return "parted"
    if parting and place == parting.met:
        return "met"
    return "=" if comparison.turns[place].same else "≠"


def _cells(pair: TurnPair) -> tuple[str, str]:
    return _turn(pair.before), _turn(pair.after)


def _turn(line: TurnLine | None) -> str:
    if line is None:
        return ""
    side = f" ({line.purpose})" if line.purpose != "turn" else ""
    return inline(f"{line.number}{side}: {line.did}")


def measure_cells(one: Measure) -> tuple[str, ...]:
    """Return the cells of a line of numbers."""
    return inline(one.what), *(inline(spread_words(side, one.unit)) for side in (one.before, one.after))


def spread_words(one: Spread, unit: str) -> str:
    """Return numbers in words, with how many they are."""
    if not one.n:
        return "?"
    total = _number(one.total, unit) if one.total is not None else None
    if one.median is None or one.n == 1:
        single = total or _number(one.median or 0, unit)
        return single if one.median is None else f"{single} (n = 1)"
    # The total has the unit.
    part = "" if total and unit not in ("seconds", "dollars") else unit
    spread = f"median {_number(one.median, part)}, {_number(one.low or 0, part)} to {_number(one.high or 0, part)}"
    return f"{total}; {spread} (n = {one.n})" if total else f"{spread} (n = {one.n})"


def _number(number: float, unit: str) -> str:
    if unit == "dollars":
        return f"${number:.4f}"
    return f"{number:.2f} s" if unit == "seconds" else f"{number:,.0f} {unit}".rstrip()
