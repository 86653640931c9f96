"""Compute figures from rounds: medians, spread, comparison with the floor, and whether the targets are met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from bench.contenders import CLAUDE_TAP, DIRECT, FLOOR, OURS

Results = dict[str, Any]
"""All that one use of the benchmark found, as it goes into JSON."""

FIRST_EVENT_MILLISECONDS = 2.0
CAPTURE_SECONDS = 1.0
PEAK_MEGABYTES = 100.0
GROWTH_MEGABYTES = 5.0
"""What memory may grow by in the second half of many exchanges and still be called flat: the kernel counts pages."""


class Target(NamedTuple):
    """One thing that is promised."""

    name: str
    measured: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Check whether it holds."""
        return self.measured <= self.limit


def paired(rounds: Mapping[str, Sequence[float]]) -> dict[str, dict[str, Any]]:
    """Return each contender's median and spread, and the median of its ratios and differences within the rounds."""
    return {name: _one(values, rounds) for name, values in rounds.items()}


def _one(values: Sequence[float], rounds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    figures: dict[str, Any] = {"median": median(values), "low": min(values), "high": max(values)}
    if FLOOR in rounds:
        figures["of_floor"] = median(own / floor for own, floor in zip(values, rounds[FLOOR], strict=True))
    if CLAUDE_TAP in rounds:
        figures["of_claude_tap"] = median(own / other for own, other in zip(values, rounds[CLAUDE_TAP], strict=True))
    if DIRECT in rounds:
        figures["over_direct"] = median(own - direct for own, direct in zip(values, rounds[DIRECT], strict=True))
    return figures | {"rounds": [*values]}


def targets(results: Results) -> list[dict[str, Any]]:
    """Yield the targets of agent-probe with their results; only those that were measured."""
    judged = (*_cpu(results), *_latency(results), *_memory(results), *_capture(results), *_kept(results))
    return [target._asdict() | {"met": target.met} for target in judged]


def _cpu(results: Results) -> Iterator[Target]:
    for workload, kind, what in (
        ("stream", "cpu", "CPU of a 20 KB stream"),
        ("request", "cpu", "CPU of a 2 MB request in the proxy"),
        ("request", "whole", "CPU of a 2 MB request with the making of its record"),
    ):
        ours = results["workloads"].get(workload, {}).get(kind, {}).get(OURS, {})
        for key, other in (("of_floor", FLOOR), ("of_claude_tap", CLAUDE_TAP)):
            if key in ours:
                yield Target(f"{what}, compared with {other}", ours[key], 1.0, "times")


def _latency(results: Results) -> Iterator[Target]:
    latency = results["workloads"].get("latency", {})
    p50 = latency.get("p50", {})
    if {OURS, FLOOR, DIRECT} <= p50.keys():
        ours, floor = p50[OURS]["over_direct"], p50[FLOOR]["over_direct"]
        yield Target(f"delay of an event (p50), compared with {FLOOR}'s", ours, floor, "ms")
        first = latency["first"][OURS]["over_direct"]
        yield Target("first event later than direct", first, FIRST_EVENT_MILLISECONDS, "ms")


def _memory(results: Results) -> Iterator[Target]:
    memory = results["workloads"].get("memory", {}).get(OURS)
    if memory:
        yield Target("memory, growth in the second half", memory["end"] - memory["half"], GROWTH_MEGABYTES, "MB")
    for kind, what in (("download", "a 500 MB answer"), ("upload", "a 200 MB request")):
        peak = results["workloads"].get("large", {}).get(kind, {}).get(OURS)
        if peak is not None:
            yield Target(f"peak memory for {what}", peak, PEAK_MEGABYTES, "MB")


def _capture(results: Results) -> Iterator[Target]:
    capture = results["workloads"].get("capture")
    if capture:
        yield Target("what capture adds to an agent's run", capture["added"]["median"], CAPTURE_SECONDS, "s")


def _kept(results: Results) -> Iterator[Target]:
    phases = [by[OURS] for by in results["kept"].values() if OURS in by]
    if phases:
        # More than was sent would be as wrong as less.
        missing = sum(abs(wanted - one[name]) for one in phases for name, wanted in one["sent"].items())
        yield Target("exchanges, events and bodies that are not kept exactly", missing, 0, "")
        yield Target("runs that verify does not find whole", sum(not one["verified"] for one in phases), 0, "")
