"""Run the newest versions of agents offline against recordings, and report what changed: `fleet watch`."""

from __future__ import annotations

import math
import os
from argparse import Namespace
from collections.abc import Iterator, Sequence

from probe.cli.edge import printed_json, say
from probe.did_you_mean import runs_there_are
from probe.errors import UserError
from probe.remote.mirror import store_of
from probe.settings.settings import data_dir
from probe.watch.outcome import Outcome, State, reason_of
from probe.watch.recordings import recordings
from probe.watch.report import is_failure, report_text, report_value
from probe.watch.selection import Chosen, chosen
from probe.watch.verdict import LIMITS
from probe.watch.version_run import work_folder
from probe.watch.watched import Watch, mark_reported, watched
from probe.wire.agent_versions import newest_version

_SECONDS = 600.0
"""How long a version may run; agents that are answered by a recording take seconds."""


def main(arguments: Namespace) -> int:
    """Watch targets; return 0, or 1 where something drifted or failed. Raises UserError."""
    limit = _limit(arguments.fail_on)
    folder = data_dir(arguments.data_dir, os.environ)
    watch = Watch(
        data_dir=folder,
        given_data_dir=arguments.data_dir,
        data=store_of(folder),
        work=work_folder(arguments.cwd),
        seconds=_seconds(arguments.time_limit),
        force=arguments.force,
    )
    selected, others = chosen(folder, arguments.target, arguments.runs)
    outcomes = [*_outcomes(watch, selected), *others]
    if not outcomes:
        names = [f"{run.target}/{run.name}" for run in recordings(folder)]
        hint = f"{runs_there_are(arguments.runs, names)}; invoke runs lists them"
        raise UserError(f"no recording is called {arguments.runs}", hint)
    _print(outcomes, limit, as_json=arguments.json)
    for outcome in outcomes:
        mark_reported(watch, outcome)
    if all(one.state is State.LEFT_OUT for one in outcomes):
        raise UserError("nothing can be watched", "the reasons are above")
    return 1 if any(is_failure(one, limit) for one in outcomes) else 0


def _limit(given: str | None) -> str:
    if given not in (None, *LIMITS):
        raise UserError(f"--fail-on {given}: no such limit", f"it is one of: {', '.join(LIMITS)}")
    return given or LIMITS[0]


def _seconds(given: str | None) -> float:
    try:
        seconds = _SECONDS if given is None else float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UserError(f"--time-limit {given}: not a number of seconds", "for example: --time-limit 300")
    return seconds


def _outcomes(watch: Watch, selected: Sequence[Chosen]) -> Iterator[Outcome]:
    """Yield what became of each target; what fails costs itself alone."""
    for target, package, chosen_runs in selected:
        try:
            newest = newest_version(package)
        except UserError as error:
            yield Outcome(target=target, state=State.FAILED, why=reason_of(error))
            continue
        say(f"{target}: the newest version is {newest}")
        yield from watched(watch, package, newest, chosen_runs)


def _print(outcomes: Sequence[Outcome], limit: str, *, as_json: bool) -> None:
    text = printed_json(report_value(outcomes, limit)) + "\n" if as_json else report_text(outcomes)
    print(text, end="", flush=True)
