"""Statistics of fleets with planted numbers, without any record: one run, twenty versions, a hundred thousand runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from probe.fleet.measures import Measures
from probe.fleet.statistics import FleetStatistics, GroupStatistics


class Day(NamedTuple):
    """The runs of one version on one day."""

    day: str
    runs: int = 10
    nano_dollars: int = 20_000_000
    """Of a run, as the next ones."""
    tokens: int = 40_000
    errors: int = 0
    """Of all runs of the day, as the next ones."""
    tools: Mapping[str, tuple[int, int]] = {"exec": (30, 1)}
    """Calls and failed ones."""
    milliseconds: int = 900
    """Of each call."""
    prompt: int = 20_000
    """Bytes."""
    agent_failures: int = 0
    cached: int = 50
    """Percent of the tokens of a run that come from the cache."""
    knows_outcomes: bool = True
    """Whether results of tools say that they failed, or did not."""
    failed_calls: int = 0
    """Calls besides the others that failed, so that they have no tokens and no price."""


def measures(one: Day) -> Measures:
    """Return the numbers of one day."""
    found = Measures()
    calls, tools = 4 * one.runs, one.tools.values()
    sums = {
        "runs": one.runs,
        "agent_failures": one.agent_failures,
        "calls": calls + one.failed_calls,
        "failed_tries": one.failed_calls,
        "turns": calls,
        "exchanges": 5 * one.runs,
        "error_answers": one.errors,
        "tool_calls": sum(of for of, _ in tools),
        "failed_tool_calls": sum(failed for _, failed in tools),
        "known_tool_calls": sum(of for of, _ in tools) if one.knows_outcomes else 0,
        "calls_with_usage": calls,
        "input_tokens": one.tokens * one.runs,
        "cache_read_tokens": one.tokens * one.runs * one.cached // 100,
        "output_tokens": 400 * one.runs,
        "priced_calls": calls if one.nano_dollars else 0,
        "unpriced_calls": 0 if one.nano_dollars else calls,
        "nano_dollars": one.nano_dollars * one.runs,
    }
    found.tables["sums"] = {name: number for name, number in sums.items() if number}
    found.tables["days"] = {one.day: dict(found.sums)}
    found.tables["models"] = {
        "model-1": {name: found.sums[name] for name in ("calls", "input_tokens", "output_tokens")}
    }
    found.tables["tools"] = {
        name: {"runs": one.runs, "calls": of, "failed": failed, "known": of * one.knows_outcomes}
        for name, (of, failed) in one.tools.items()
    }
    found.tables["hosts"] = {
        "api.example.com": {"runs": one.runs, "requests": 5 * one.runs, "sent": 10**6, "received": 10**5}
    }
    found.tables["statuses"] = {"200": 5 * one.runs - one.errors, **({"503": one.errors} if one.errors else {})}
    found.tables["stops"] = {"end": one.runs, "tool call": 3 * one.runs}
    for name, number, times in (
        ("answer_microseconds", 1000 * one.milliseconds, calls),
        ("first_token_microseconds", 300 * one.milliseconds, calls),
        ("input_tokens", one.tokens // 4, calls),
        ("prompt_bytes", one.prompt, one.runs),
        ("turns", 4, one.runs),
    ):
        for _ in range(min(times, 8)):
            found.histograms[name].add(number)
    if one.day[:1].isdigit():
        found.seen(one.day, one.day)
    return found


def fleet(groups: Mapping[str, list[Day]], kind: str = "real") -> FleetStatistics:
    """Return the statistics of groups by agent and version."""
    whole = FleetStatistics()
    for name, days in groups.items():
        for day in days:
            one, group, found = FleetStatistics(), GroupStatistics(), measures(day)
            getattr(group, kind).merge(found)
            one.groups[name], one.runs["counted"], one.totals[kind] = group, day.runs, dict(found.sums)
            whole.merge(one)
    return whole


def day_of(number: int) -> str:
    """Return the day so many days after the first."""
    return (date(2026, 11, 1) + timedelta(days=number)).isoformat()


def one_run() -> FleetStatistics:
    """Return the statistics of a single run."""
    return fleet({"codex codex-cli 0.98.0": [Day(day_of(0), runs=1, tools={"exec": (3, 0)})]})


def twenty_versions() -> FleetStatistics:
    """Return the statistics of twenty versions of an agent, two days each, with what should stand out."""
    costly = Day("", nano_dollars=31_000_000)
    larger = costly._replace(prompt=29_000)
    failing = larger._replace(tools={"exec": (40, 12), "apply_patch": (9, 0)})
    kinds = [*[Day("")] * 12, costly, costly._replace(errors=9), larger, *[failing] * 5]
    groups = {
        f"codex codex-cli 0.{90 + number}.0": [kind._replace(day=day_of(2 * number + place)) for place in (0, 1)]
        for number, kind in enumerate(kinds)
    }
    found = fleet(groups)
    found.runs["failed"] = 2
    found.failed = {
        "codex/20261103T101500Z": "line 3: `no` <b>exchange</b> | at all",
        "codex/20261104T101500Z": "empty",
    }
    return found


def hundred_thousand_runs() -> FleetStatistics:
    """Return the statistics of two agents, half a year, more tools and hosts than a table has lines."""
    tools = {f"tool_{number:02}": (1000 - number, number) for number in range(30)}
    groups = {
        f"{agent} 1.{version}.0": [
            Day(day_of(30 * version + day), runs=333, tools=tools, milliseconds=700 + 10 * day) for day in range(30)
        ]
        for agent in ("claude-code", "codex")
        for version in range(5)
    }
    found = fleet(groups)
    found.merge(fleet({"codex 1.4.0": [Day(day_of(150), runs=100)]}, "replayed"))
    found.runs["copies"] = 3
    found.cut.add("malformed")
    found.malformed = {f"codex/run-{number}": number for number in range(1, 21)}
    found.totals["real"]["malformed_runs"] = 41
    return found
