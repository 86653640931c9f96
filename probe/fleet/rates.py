"""Prices, shares of the cache and of failures of two groups of runs, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from probe.fleet.comparison import Rate
from probe.fleet.measures import Measures
from probe.fleet.paired_sides import Group

_SHARES = {
    "input from the cache": (("cache_read_tokens",), "input_tokens", "input_tokens"),
    "failed exchanges": (("error_answers", "unanswered"), "exchanges", "exchanges"),
    "failed calls of tools": (("failed_tool_calls",), "tool_calls", "known_tool_calls"),
}
"""By name: the sums (`probe.fleet.measures.SUMS`) that are added up, of which, and what has to be there."""


def group_rates(before: Group, after: Group) -> Iterator[Rate]:
    """Yield the rates that are known of one of two groups."""
    sides = before.measures, after.measures
    prices = (_price(one) for one in (before, after))
    rates = [Rate(what="list price of a run", unit="dollars", **_named(*prices))]
    rates += [Rate(what=what, unit="share", **_named(*(_share(one, what) for one in sides))) for what in _SHARES]
    return (one for one in rates if one.before is not None or one.after is not None)


def _named(before: float | None, after: float | None) -> dict[str, float | None]:
    return {"before": before, "after": after}


def _price(group: Group) -> float | None:
    """Return what a run costs; nothing was paid for replays."""
    found = group.measures
    runs, is_known = found.number("runs"), found.number("priced_calls") and group.replays < group.sides.runs
    return round(found.number("nano_dollars") / runs / 10**9, 9) if runs and is_known else None


def _share(found: Measures, what: str) -> float | None:
    parts, whole, needed = _SHARES[what]
    return round(sum(map(found.number, parts)) / found.number(whole), 6) if found.number(needed) else None
