"""Choose what is watched: targets, and for each the recordings that answer."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from probe.compare.conditions import mode_of
from probe.errors import UserError
from probe.record.runs import Run
from probe.targets.finding import load_target, target_names
from probe.watch.outcome import Outcome, State, reason_of
from probe.watch.recordings import recordings, why_unfit
from probe.watch.version_run import package_of_target
from probe.wire.agent_versions import Package


class Chosen(NamedTuple):
    """A target that is watched."""

    target: str
    package: Package
    recordings: list[Run]


def chosen(data_dir: Path, named: Sequence[str], pattern: str | None) -> tuple[list[Chosen], list[Outcome]]:
    """Return what is watched, and what is not; a target that the user named then failed. Raises UserError."""
    runs, known = recordings(data_dir), target_names()
    watched, others = [], []
    for name in dict.fromkeys(named or known):
        of_target = [run for run in runs if run.target == name and _matches(run, pattern)]
        if pattern and not of_target and not named:
            continue
        try:
            package = package_of_target(name, load_target(name)[0])
            fit, unfit = _fit(name, of_target, pattern)
        except UserError as error:
            if name not in known:
                raise
            state = State.FAILED if named else State.LEFT_OUT
            others.append(Outcome(target=name, state=state, why=reason_of(error)))
        else:
            watched.append(Chosen(name, package, fit))
            others += unfit
    return watched, others


def _matches(run: Run, pattern: str | None) -> bool:
    """Check whether a pattern names a run; a replay or a redacted copy is not meant by one."""
    if pattern is None:
        return True
    facts = run.manifest.facts
    is_meant = not facts.is_asked_replay and (facts.redaction is None or run.name in pattern)
    return is_meant and fnmatchcase(f"{run.target}/{run.name}", pattern)


def _fit(target: str, runs: Sequence[Run], pattern: str | None) -> tuple[list[Run], list[Outcome]]:
    """Return the recordings that answer, and those that a pattern names and that cannot. Raises UserError."""
    if pattern is None and (newest := next((run for run in reversed(runs) if not _why_unfit(run)), None)):
        return [newest], []
    reasons = {run.name: _why_unfit(run) for run in runs}
    fit = [run for run in runs if not reasons[run.name]]
    if not fit:
        newest_reason = f": {runs[-1].name}: {reasons[runs[-1].name]}" if runs else ""
        hint = f'record one: invoke capture --target {target} --prompt "…"'
        raise UserError(f"no recording of it can answer{newest_reason}", hint)
    unfit = [
        Outcome(target=target, recording=f"{target}/{name}", state=State.LEFT_OUT, why=reason)
        for name, reason in reasons.items()
        if reason
    ]
    return fit, unfit


def _why_unfit(run: Run) -> str | None:
    """Return why a run cannot answer, or its agent not be asked the same with nobody there; None where both can."""
    if reason := why_unfit(run):
        return reason
    facts = run.manifest.facts
    if facts.not_kept:
        return "its prompt or command held a credential, which was not kept"
    return None if mode_of(facts) == "headless" else "it has neither a prompt nor a command that needs no terminal"
