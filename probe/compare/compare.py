"""Compare two recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

from msgspec.structs import replace

from probe.analysis.prices import Prices
from probe.compare.comparison import Compared, Comparison, Finding, finding
from probe.compare.conditions import Conditions, condition_findings
from probe.compare.endpoints import Endpoints, endpoint_findings, match_endpoints
from probe.compare.headers import header_findings
from probe.compare.id_ties import id_findings
from probe.compare.instructions import instruction_findings
from probe.compare.measures import measures
from probe.compare.mirrored import mirrored
from probe.compare.other_changes import rest_findings
from probe.compare.payloads import Judge, payload_findings
from probe.compare.rules import ORDER, Area, Polarity
from probe.compare.side import Side
from probe.compare.tools import tool_findings
from probe.compare.turns import turn_pairs
from probe.record.agent_versions import agent_name

_AREAS = tuple(Area)
_COUNTED = (Area.TRANSPORT, Area.HEADERS, Area.TOOLS, Area.SENT, Area.ANSWERS, Area.IDS)
"""Areas whose findings count what a run did."""
_CERTAIN = ("transport-changed", "header-renamed", "argument-required")
"""Kinds that a turn alone proves."""


def compared(name: str, conditions: Conditions, replay_of: str | None, side: Side) -> Compared:
    """Return what a comparison says of one of the two."""
    models = dict.fromkeys(model for purpose in sorted(side.models, key=_work_first) for model in side.models[purpose])
    return Compared(
        name=name,
        agent=agent_name(conditions.target, conditions.version),
        state=conditions.state,
        mode=conditions.mode,
        models=tuple(models),
        prompt=conditions.prompt,
        replay_of=replay_of,
        exchanges=side.exchanges,
        turns=sum(len(thread.turns) for thread in side.threads),
    )


def _work_first(purpose: str) -> tuple[bool, str]:
    return purpose != "turn", purpose


def comparison_of(
    before: tuple[Compared, Conditions, Side], after: tuple[Compared, Conditions, Side], prices: Prices
) -> Comparison:
    """Return what changed from one recording to another."""
    (old_run, old_conditions, old), (new_run, new_conditions, new) = before, after
    pairs, parting, of_turns = turn_pairs(old, new)
    conditions = condition_findings(old_conditions, new_conditions, old, new)
    found = side_findings(old, new, [*conditions, *of_turns], other_results=_results(old) != _results(new))
    is_faulted = old_conditions.faults != new_conditions.faults
    if old_conditions.state or new_conditions.state or is_faulted:
        found = [_of_incomplete(one) for one in found]
    return Comparison(
        before=old_run,
        after=new_run,
        findings=in_order(found),
        parting=parting,
        turns=pairs,
        measures=measures(old, new, prices),
    )


def side_findings(
    old: Side,
    new: Side,
    others: Iterable[Finding],
    *,
    other_results: bool,
    judge: Judge = lambda pair, part, changes: changes,
) -> list[Finding]:
    """Return all that differs in what is kept of two sides, with other findings of them."""
    found = [
        *(instructions := list(instruction_findings(old, new))),
        *_of_protocols(
            old, new, {one.place for one in instructions if one.kind == "instructions-moved"}, other_results, judge
        ),
        *tool_findings(old, new),
        *_purposes(old, new),
        *others,
    ]
    found += rest_findings(old, new, [one.place for one in found])
    return mirrored(found)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by area, the most serious first in each."""
    return tuple(sorted(findings, key=lambda one: (_AREAS.index(one.area), ORDER.index(one.polarity))))


def _of_incomplete(one: Finding) -> Finding:
    """Return a finding as notable at most, where it may follow from turns that are missing, or from a fault."""
    if one.area not in _COUNTED or one.polarity is not Polarity.BREAKING or one.kind in _CERTAIN:
        return one
    return replace(one, polarity=Polarity.NOTABLE)


def _of_protocols(old: Side, new: Side, moved: set[str], other_results: bool, judge: Judge) -> Iterator[Finding]:
    endpoints = endpoints_of(old, new)
    yield from endpoint_findings(endpoints, old, new)
    yield from header_findings(endpoints.matched, old, new)
    yield from payload_findings(
        endpoints.matched,
        _is_said_elsewhere(old, new, moved),
        _implied(old, new),
        other_results=other_results,
        judge=judge,
    )
    is_moved = any(pair.is_moved for pair in endpoints.matched)
    yield from id_findings(old.protocol, new.protocol, is_moved=is_moved)


def endpoints_of(old: Side, new: Side) -> Endpoints:
    """Return which endpoints of two sides belong together."""
    models = {model: "{model}" for side in (old, new) for names in side.models.values() for model in names}
    return match_endpoints(old.protocol, new.protocol, models)


def _results(side: Side) -> set[int]:
    return {one.key for thread in side.threads for turn in thread.turns for one in turn.new if one.what == "result"}


def _implied(old: Side, new: Side) -> Iterator[tuple[Any, Any]]:
    """Yield pairs of models, of tools and of reasons to stop: that one became the other is said once."""
    yield from product(*({tool.name for tool in side.tools} for side in (old, new)))
    ends, ends_now = ({turn.stop for thread in side.threads for turn in thread.turns} for side in (old, new))
    yield from product(ends, ends_now)
    yield sorted(filter(None, ends)), sorted(filter(None, ends_now))
    for purpose, names in old.models.items():
        others = new.models.get(purpose, ())
        yield from zip(names, others, strict=False)
        if len(names) > 1 or len(others) > 1:
            yield sorted(names), sorted(others)


def _is_said_elsewhere(old: Side, new: Side, moved: set[str]) -> Callable[[str], bool]:
    """Return a check whether tools, texts of instructions, or the roles of those that moved are at a place."""
    roles = {f"{place.partition('[role=')[0]}.role" for place in moved}
    tools = {tool.at.removesuffix("[]") for side in (old, new) for tool in side.tools}
    texts = {one.said.at for side in (old, new) for one in side.instructions if not one.said.at.endswith("[]")}

    def check(place: str) -> bool:
        return (
            place in texts
            or place in roles
            or any(place == at or place.startswith((f"{at}[", f"{at}.")) for at in tools)
        )

    return check


def _purposes(old: Side, new: Side) -> Iterator[Finding]:
    """Yield purposes of calls beside the work that one of the two does not have."""
    for kind, one, other, word in (
        ("purpose-removed", old, new, "no longer asks"),
        ("purpose-added", new, old, "asks"),
    ):
        for purpose, count in one.purposes.items():
            if purpose != "turn" and purpose not in other.purposes:
                seen = (f"{count} of {one.calls}", f"0 of {other.calls}")
                was, now = seen if kind == "purpose-removed" else seen[::-1]
                line = f"the agent {word} for a {purpose} beside its work"
                yield finding(kind, f"purposes.{purpose}", line, evidence=f"{was} {old.counted}, now {now}")
