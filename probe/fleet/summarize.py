"""Make the summary of many runs of their statistics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from probe.fleet.capped import Counts, add_counts
from probe.fleet.histogram import Histogram
from probe.fleet.measures import CAPS, Measures
from probe.fleet.remarks import remarks_of
from probe.fleet.statistics import FleetStatistics
from probe.fleet.summary import (
    Bounds,
    DaySummary,
    FleetSummary,
    GroupSummary,
    HostSummary,
    ModelSummary,
    Numbers,
    Spread,
    ToolSummary,
)
from probe.record.agent_versions import group_name, version_key

_MANY = 1 << 62
_TOOL = ("runs", "calls", "failed", "known")
_ALL = dict.fromkeys(CAPS, (_MANY, _MANY))
"""What is written has all that was kept of each group."""


def summary_of(statistics: FleetStatistics) -> FleetSummary:
    """Return what many runs come down to."""
    ordered = {name: statistics.groups[name] for name in sorted(statistics.groups, key=version_key)}
    kind = "real" if statistics.totals["real"].get("runs") else "replayed"
    main: dict[str, Measures] = {name: getattr(group, kind) for name, group in ordered.items()}
    tables = {name: _added(name, (one.tables[name] for one in main.values())) for name in CAPS if name != "sums"}
    every = [one for group in ordered.values() for one in (group.real, group.replayed)]
    days = [day for one in every for day in (one.first, one.last) if day]
    return FleetSummary(
        runs=statistics.runs.get("counted", 0),
        replayed_runs=statistics.totals["replayed"].get("runs", 0),
        failed_runs=statistics.runs.get("failed", 0),
        copies=statistics.runs.get("copies", 0),
        malformed_runs=sum(sums.get("malformed_runs", 0) for sums in statistics.totals.values()),
        first=min(days, default=None),
        last=max(days, default=None),
        remarks=tuple(remarks_of(main, statistics.runs)),
        total=numbers_of(statistics.totals[kind]),
        groups=tuple(_groups(statistics, ordered)),
        days=tuple(DaySummary(day=day, numbers=numbers_of(tables["days"][day])) for day in sorted(tables["days"])),
        models=tuple(_models(tables["models"])),
        tools=tuple(_tools(tables["tools"])),
        hosts=tuple(_hosts(tables["hosts"])),
        statuses=dict(sorted(tables["statuses"].items())),
        stops=dict(sorted(tables["stops"].items())),
        failed=dict(sorted(statistics.failed.items())),
        malformed=dict(sorted(statistics.malformed.items())),
        incomplete=tuple(sorted(statistics.cut.union(*(one.cut for one in every)))),
    )


def _added(name: str, tables: Iterable[Counts]) -> Counts:
    whole: Counts = {}
    for table in tables:
        add_counts(whole, table, _ALL[name][: len(CAPS[name])])
    return whole


def numbers_of(sums: Mapping[str, int]) -> Numbers:
    """Return the numbers of runs, of their sums."""
    names = [field for field in Numbers.__struct_fields__ if field != "dollars"]
    return Numbers(**{name: sums.get(name, 0) for name in names}, dollars=_dollars(sums))


def _dollars(sums: Mapping[str, int]) -> float | None:
    return sums.get("nano_dollars", 0) / 10**9 if sums.get("priced_calls") else None


def _groups(statistics: FleetStatistics, names: Iterable[str]) -> Iterator[GroupSummary]:
    for name in names:
        group = statistics.groups[name]
        for measures in (group.real, group.replayed):
            if measures.number("runs"):
                yield _group(group_name(name), measures, is_replayed=measures is group.replayed)


def _group(name: str, measures: Measures, *, is_replayed: bool) -> GroupSummary:
    spreads = {of: spread_of(found) for of, found in measures.histograms.items()}
    return GroupSummary(
        name=name,
        is_replayed=is_replayed,
        first=measures.first,
        last=measures.last,
        numbers=numbers_of(measures.sums),
        first_token_microseconds=spreads["first_token_microseconds"],
        answer_microseconds=spreads["answer_microseconds"],
        call_input_tokens=spreads["input_tokens"],
        prompt_bytes=spreads["prompt_bytes"],
        turns=spreads["turns"],
    )


def spread_of(found: Histogram) -> Spread | None:
    """Return about where numbers are; None of none."""
    median, p90 = found.at(0.5), found.at(0.9)
    if median is None or p90 is None:
        return None
    return Spread(
        n=found.number,
        median=Bounds(low=median[0], high=median[1]),
        p90=Bounds(low=p90[0], high=p90[1]),
        largest=found.largest or 0,
    )


def _models(table: Counts) -> Iterator[ModelSummary]:
    for name in sorted(table, key=lambda name: (-table[name].get("calls", 0), name)):
        sums = table[name]
        tokens = {field: sums.get(field, 0) for field in ("calls", "input_tokens", "output_tokens")}
        yield ModelSummary(model=name, **tokens, dollars=_dollars(sums))


def _tools(table: Counts) -> Iterator[ToolSummary]:
    for name in sorted(table, key=lambda name: (-table[name].get("calls", 0), name)):
        yield ToolSummary(name=name, **{field: table[name].get(field, 0) for field in _TOOL})


def _hosts(table: Counts) -> Iterator[HostSummary]:
    fields = ("runs", "requests", "sent", "received", "unreached")
    for name in sorted(table, key=lambda name: (-table[name].get("requests", 0), name)):
        yield HostSummary(name=name, **{field: table[name].get(field, 0) for field in fields})
