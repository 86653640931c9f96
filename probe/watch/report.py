"""What `fleet watch` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from probe.cli.edge import one_line
from probe.watch.outcome import Outcome, State
from probe.watch.verdict import is_drift, verdict_of

SCHEMA = 1


def is_failure(outcome: Outcome, limit: str) -> bool:
    """Check whether an outcome makes the exit code 1."""
    return outcome.state is State.FAILED or (outcome.state is State.CHANGED and is_drift(outcome.counts, limit))


def report_text(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each outcome, below it where its comparison is, and last what was left out, by reason."""
    left = [one for one in outcomes if one.state is State.LEFT_OUT]
    others = [one for one in outcomes if one.state is not State.LEFT_OUT]
    width = max((len(one.target) for one in others), default=0)
    return "".join(f"{line}\n" for line in (*(line for one in others for line in _lines(one, width)), *_left_out(left)))


def _left_out(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each reason, with all that are left out for it."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        # The name of the target is no other reason.
        reason = _why(one).removeprefix(f"{one.target} ").replace(f"--target {one.target} ", "--target TARGET ")
        groups.setdefault(reason, []).append(one)
    for reason, those in groups.items():
        names = ", ".join(one_line(one.recording or one.target) for one in those)
        yield f"left out: {names}: {reason if len(those) > 1 else _why(those[0]).removeprefix(f'{names} ')}"


def report_value(outcomes: Sequence[Outcome], limit: str) -> dict[str, Any]:
    """Return the report as JSON has it."""
    failed = any(is_failure(one, limit) for one in outcomes)
    return {"schema": SCHEMA, "fail_on": limit, "failed": failed, "outcomes": [one.plain() for one in outcomes]}


def _lines(one: Outcome, width: int) -> Iterator[str]:
    yield f"{one_line(one.target):<{width}}  {': '.join(filter(None, (_what(one), _why(one))))}"
    if one.comparison and one.state is not State.UNCHANGED:
        yield f"{'':<{width}}  see {one_line(one.comparison)}.md, .json"


def _what(one: Outcome) -> str:
    recording = f" (with {one_line(one.recording)})" if one.recording else ""
    match one.state:
        case State.CHANGED:
            found = _counts(one.counts)
            return f"{_versions(one)}{recording}: {verdict_of(one.counts)}{f' ({found})' if found else ''}"
        case State.UNCHANGED if one.is_first:
            return f"the recording is already of the newest version, {one.after}{recording}: nothing to compare yet"
        case State.UNCHANGED:
            last = f": {verdict_of(one.counts)} since {one.before or '?'}" if one.comparison else ""
            return f"{one.after} is unchanged{recording}{last}"
        case _:
            return " ".join(filter(None, (_versions(one), one.state.value))) + recording


def _versions(one: Outcome) -> str:
    if one.after is None:
        return ""
    return f"{one.before or '?'} → {one.after}" if one.comparison or one.before else one.after


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {level}" for level, count in counts.items())


def _why(one: Outcome) -> str:
    return one_line(one.why or "")
