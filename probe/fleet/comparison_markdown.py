"""Write a comparison of groups of runs as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from probe.compare.markdown import NONE, finding_lines, measure_cells
from probe.compare.rules import Polarity
from probe.fleet.amounts import dollars
from probe.fleet.comparison import ComparedGroup, FleetComparison, Rate, Share, Step
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import plural

_MOST_SHARES = 20
"""Shares that are listed; the JSON has more."""
_MOST_NAMED = 4
"""Models and platforms that a table names."""


def markdown_of(comparison: FleetComparison) -> str:
    """Return a comparison as Markdown."""
    return "\n".join(_lines(comparison)).rstrip() + "\n"


def _lines(comparison: FleetComparison) -> Iterator[str]:
    yield f"# {_title(comparison)}\n"
    if not comparison.steps:
        yield from _nothing(comparison)
        return
    if len(comparison.steps) > 1:
        yield "Each version is compared with the one before it.\n"
        heads = ("from", "to", "runs", *(one.value for one in Polarity), "in some runs")
        yield table(heads, map(_row, comparison.steps))
    yield from _replays(comparison)
    yield from _reading(comparison)
    for step in comparison.steps:
        yield from _step(step, has_others=len(comparison.steps) > 1)


def _title(comparison: FleetComparison) -> str:
    if len(comparison.steps) == 1:
        return _arrow(comparison.steps[0])
    agents = sorted({one.name.partition(" ")[0] for one in comparison.groups})
    return f"{', '.join(map(inline, agents)) or 'No agent'}: {plural(len(comparison.groups), 'version')}"


def _arrow(step: Step) -> str:
    return f"{inline(step.before.name)} → {inline(step.after.name)}"


def _nothing(comparison: FleetComparison) -> Iterator[str]:
    yield "There are no two versions of one agent to compare; name two groups with `--before` and `--after`.\n"
    rows = [(inline(one.name), f"{one.runs:,}", f"{one.calls:,}") for one in comparison.groups]
    if rows:
        yield table(("agent", "runs", "calls"), rows)


def _row(step: Step) -> tuple[str, ...]:
    counts = (f"{step.count(one):,}" for one in Polarity)
    runs = f"{step.before.runs:,} → {step.after.runs:,}"
    return inline(step.before.name), inline(step.after.name), runs, *counts, f"{len(step.shares):,}"


def _replays(comparison: FleetComparison) -> Iterator[str]:
    replays, runs = (sum(getattr(one, name) for one in comparison.groups) for name in ("replays", "runs"))
    if replays:
        which = f"All {runs:,} runs" if replays == runs else f"{replays:,} of {runs:,} runs"
        yield (
            f"**{which} got recorded answers.** They are part of what is compared of requests and answers; calls and "
            "numbers are of the other runs, unless a version has replays alone.\n"
        )


def _reading(comparison: FleetComparison) -> Iterator[str]:
    """Explain the words once, where there is something to explain."""
    if any(step.shares or any(one.evidence for one in step.findings) for step in comparison.steps):
        yield (
            "*in 12 of 12 runs, now in 0 of 9*: so many runs show it, of those that could. What only some runs of a "
            "version show is not called new or gone: it is listed with its counts.\n"
        )


def _step(step: Step, *, has_others: bool) -> Iterator[str]:
    if has_others:
        yield f"## {_arrow(step)}\n"
    level = "###" if has_others else "##"
    counts = [f"{count} {one.value}" for one in Polarity if (count := step.count(one))]
    yield f"**{', '.join(counts) or NONE}**\n"
    rows = [(name, inline(one), inline(other)) for name, one, other in _group_rows(step.before, step.after)]
    yield table(("", "before", "after"), rows)
    for area, findings in groupby(step.findings, key=lambda one: one.area):
        yield f"{level} {area.value}\n"
        yield from finding_lines(findings)
    yield from _shares(step, level)
    if step.measures or step.rates:
        yield f"{level} Numbers\n"
        yield "n is how many runs or calls a spread is of; medians are within 7 percent.\n"
        yield table(("", "before", "after"), [*map(_rate, step.rates), *map(measure_cells, step.measures)])


def _group_rows(before: ComparedGroup, after: ComparedGroup) -> Iterator[tuple[str, str, str]]:
    yield "runs", f"{before.runs:,}", f"{after.runs:,}"
    if before.replays or after.replays:
        yield "replays of recordings", f"{before.replays:,}", f"{after.replays:,}"
    yield "calls of the model", f"{before.calls:,}", f"{after.calls:,}"
    has_other_ends = {*before.ends, *after.ends} - {"by itself"}
    for name in ("models", "modes", *(("ends",) if has_other_ends else ()), "platforms"):
        one, other = (_counted(getattr(group, name), group.runs) for group in (before, after))
        if one or other:
            yield name, one or "?", other or "?"


def _counted(found: dict[str, int], runs: int) -> str:
    names = sorted(found, key=lambda name: (-found[name], name))
    words = [name if found[name] == runs else f"{name} ({found[name]:,} of {runs:,})" for name in names[:_MOST_NAMED]]
    more = len(names) - _MOST_NAMED
    return ", ".join(words) + (f" and {more:,} more" if more > 0 else "")


def _shares(step: Step, level: str) -> Iterator[str]:
    if not step.shares:
        return
    yield f"{level} In some runs\n"
    yield table(("what", "before", "after"), map(_share, step.shares[:_MOST_SHARES]))
    if (more := len(step.shares) - _MOST_SHARES) > 0:
        yield f"… and {more:,} more.\n"


def _rate(one: Rate) -> tuple[str, ...]:
    words = ("–" if rate is None else _amount(rate, one.unit) for rate in (one.before, one.after))
    return inline(one.what), *map(inline, words)


def _amount(rate: float, unit: str) -> str:
    return dollars(rate) if unit == "dollars" else f"{100 * rate:.1f}%"


def _share(one: Share) -> tuple[str, str, str]:
    before, after = (f"{runs:,} of {of:,} {one.unit}" if of else "–" for runs, of in (one.before, one.after))
    return code(one.place), before, after
