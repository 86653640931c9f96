"""Compare groups of runs: each version of an agent with the one before, or two groups that are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise

from msgspec.structs import replace

from probe.compare.compare import endpoints_of, in_order, side_findings
from probe.compare.comparison import Finding
from probe.compare.rules import Polarity, at_least
from probe.compare.side import Side
from probe.errors import UserError
from probe.fleet.certain_endpoints import certain_endpoints, certain_parts
from probe.fleet.comparison import ComparedGroup, FleetComparison, Step
from probe.fleet.comparison_markdown import markdown_of
from probe.fleet.group_words import group_measures, word_findings
from probe.fleet.judging import Judge, words_of
from probe.fleet.named_group import named
from probe.fleet.paired_sides import Group, paired_sides
from probe.fleet.rates import group_rates
from probe.fleet.shown import Seen, Shown
from probe.fleet.statistics import FleetStatistics, GroupStatistics
from probe.protocol.describing import described
from probe.protocol.description import Endpoint, Protocol
from probe.record.agent_versions import agent_of, group_name, number_of_version, version_key
from probe.report.plain_text import indented, plural

MARKDOWN, DATA = "comparison.md", "comparison.json"
_MOST_SHARES = 200
_EXAMPLE = "--before codex@0.98.0 --after codex@0.169.0"
_COUNTED = re.compile(r"^((?:in )?\d+ of \d+)(?=,)")
_ALL_OF_BOTH = re.compile(r"in ([\d,]+) of \1 runs[a-z ]*, now in ([\d,]+) of \2")
_IN_RUNS = ("header-removed", "header-added", "status-changed", "query-added", "query-removed", "query-changed")


def check_words(before: str | None, after: str | None) -> None:
    """Raise UserError where two words name no two groups, whatever runs there are."""
    if (before is None) != (after is None):
        raise UserError("--before and --after need each other", _EXAMPLE)
    if before is not None and before == after:
        raise _same(f"--before and --after are both {before}")


def _same(problem: str) -> UserError:
    return UserError(f"{problem}: there is nothing to compare", f"name two groups: {_EXAMPLE}")


def compare_fleet(statistics: FleetStatistics, before: str | None = None, after: str | None = None) -> FleetComparison:
    """Return what changed from version to version, or between the groups that two words name. Raises UserError.

    The statistics are used up.
    """
    check_words(before, after)
    names = sorted(statistics.groups, key=version_key)
    if before is not None and after is not None:
        pairs = [(named(names, before), named(names, after))]
        names = [*pairs[0]]
        if names[0] == names[1]:
            raise _same(f"--before {before} and --after {after} are both {group_name(names[0])}")
    else:
        # A version that is not known has no place in the order.
        known = [name for name in names if number_of_version(name)]
        pairs = [pair for _, same in groupby(known, agent_of) for pair in pairwise(same)]
    return FleetComparison(
        groups=tuple(_compared(_group(name, statistics.groups[name], Protocol())) for name in names),
        steps=tuple(step_between(one, other) for one, other in _groups(statistics, pairs)),
    )


def _groups(statistics: FleetStatistics, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[Group, Group]]:
    """Yield pairs of groups, each described once; of versions in order no more than two are in memory."""
    known: dict[str, Group] = {}
    for pair in pairs:
        known = {name: group for name, group in known.items() if name in pair}
        for name in dict.fromkeys(pair):
            if name not in known:
                found = statistics.groups[name]
                known[name] = _group(name, found, described(found.protocol))
        yield known[pair[0]], known[pair[1]]


def _group(name: str, found: GroupStatistics, protocol: Protocol) -> Group:
    return Group(name, found.sides, protocol, found.compared, found.replays)


def comparison_documents(comparison: FleetComparison) -> list[tuple[str, str]]:
    """Return the documents of a comparison, by their names."""
    return [(MARKDOWN, markdown_of(comparison)), (DATA, indented(comparison))]


def summary_line(comparison: FleetComparison) -> str:
    """Return what was compared, and how many findings there are of each polarity, in one line."""
    counts = [f"{sum(step.count(one) for step in comparison.steps):,} {one.value}" for one in Polarity]
    shares = sum(len(step.shares) for step in comparison.steps)
    of = f"{plural(len(comparison.groups), 'version')}, {plural(len(comparison.steps), 'comparison')}"
    return f"{of}: {', '.join(counts)}; {shares:,} in some runs" if comparison.steps else of


def fails(comparison: FleetComparison, limit: str | None) -> bool:
    """Check whether a finding is as serious as a limit (`--fail-on`)."""
    return limit is not None and any(
        at_least(one.polarity, limit) for step in comparison.steps for one in step.findings
    )


def step_between(before: Group, after: Group) -> Step:
    """Return what changed from one group to another."""
    numbers = number_of_version(before.name), number_of_version(after.name)
    old, new = (Shown(one.sides.counts["places"], one.sides.runs) for one in (before, after))
    judge = Judge(old, new, numbers if numbers[0] != numbers[1] else (None, None))
    one, other, headers = _certain(before, after, judge)
    others = [*headers, *word_findings(before.sides, after.sides, judge)]
    found = side_findings(one, other, others, other_results=True, judge=judge.changes)
    shares = sorted(judge.shares.values(), key=lambda one: (-abs(one.difference), one.area, one.place))
    return Step(
        before=_compared(before),
        after=_compared(after),
        findings=in_order(_without_empty_counts(_counted_in_runs(one, judge)) for one in found),
        shares=tuple(shares[:_MOST_SHARES]),
        rates=tuple(group_rates(before, after)),
        measures=tuple(group_measures(before.sides, after.sides)),
    )


def _certain(before: Group, after: Group, judge: Judge) -> tuple[Side, Side, list[Finding]]:
    """Return both sides without what may be chance, and findings about headers that are not always sent."""
    protocols = certain_endpoints(before.protocol, after.protocol, judge)
    old, new = (one._replace(protocol=own) for one, own in zip((before, after), protocols, strict=True))
    sides = paired_sides(old, new, judge)
    *parts, findings = certain_parts(endpoints_of(*sides), judge)
    one, other = (replace(side, protocol=_with(side.protocol, known)) for side, known in zip(sides, parts, strict=True))
    return one, other, findings


def _with(protocol: Protocol, parts: Mapping[str, Endpoint]) -> Protocol:
    return replace(protocol, endpoints=tuple(parts.get(one.name, one) for one in protocol.endpoints))


def _counted_in_runs(one: Finding, judge: Judge) -> Finding:
    """Return a finding whose evidence is in runs."""
    sides = judge.before, judge.after
    if one.kind in _IN_RUNS:
        return replace(one, evidence=_COUNTED.sub(r"\1 runs", one.evidence))
    names = one.before or one.after
    if one.kind in ("event-added", "event-removed"):
        seen = [max(map(side.event, names)) for side in sides]
    elif one.kind == "header-renamed":
        seen = [side.header(one.before) for side in sides]
    elif one.kind in ("endpoint-added", "endpoint-removed") and isinstance(names, str):
        seen = [Seen(side.reached(names), side.runs) for side in sides]
    elif one.kind == "transport-changed":
        names = [value["name"] for value in (one.before, one.after)]
        seen = [Seen(side.reached(name), side.runs) for side, name in zip(sides, names, strict=True)]
    else:
        known = (words for place, words in judge.evidence.items() if one.place.startswith(place))
        return one if one.evidence else replace(one, evidence=next(known, ""))
    return replace(one, evidence=words_of(seen[0], seen[1]))


def _without_empty_counts(one: Finding) -> Finding:
    """Return a finding without evidence that has nothing besides that all runs of both groups show it."""
    return replace(one, evidence="") if _ALL_OF_BOTH.fullmatch(one.evidence) else one


def _compared(group: Group) -> ComparedGroup:
    counts = group.sides.counts
    return ComparedGroup(
        name=group_name(group.name),
        runs=group.sides.runs,
        replays=group.replays,
        calls=group.measures.number("calls"),
        models=dict(sorted(counts["models"].get("turn", {}).items())),
        modes=dict(sorted(counts["modes"].items())),
        ends=dict(sorted(counts["ends"].items())),
        platforms=dict(sorted(counts["platforms"].items())),
    )
