"""Delete runs of earlier watches."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probe.record.mirrored_runs import delete_objects
from probe.record.runs import Run, all_runs, is_alive
from probe.store.store import Store

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(\d{8}T\d{6}Z)-watch-.+")
_LEFT = timedelta(days=1)
"""Age from which a run that no state names was left by a watch that failed or was killed: until then, another machine
may be comparing it, and its user may look at it."""


def run_name(version: str, recording: str) -> str:
    """Return the name of a run of one version against a recording."""
    return f"{datetime.now(UTC).strftime(_TIME)}-watch-{version}-{recording}"


def delete_old(data_dir: Path, store: Store, recording: Run, superseded: Iterable[str], kept: Iterable[str]) -> None:
    """Delete runs with a recording that a new comparison supersedes; of others not kept, half ones and old ones."""
    gone, stay, now = set(superseded), set(kept), datetime.now(UTC)
    for run in all_runs(data_dir, recording.target):
        name, facts = _NAME.fullmatch(run.name), run.manifest.facts
        # The name alone is no reason: anybody may choose it for a recording.
        is_of_watch = facts.is_asked_replay and facts.replay_of == f"{recording.target}/{recording.name}"
        if name is None or not is_of_watch or run.name in stay or is_alive(run):
            continue
        is_old = now - datetime.strptime(name[1], _TIME).replace(tzinfo=UTC) > _LEFT
        # Half a run is of no use to the next call, and one that was killed would never be uploaded.
        is_half = facts.ended is None or facts.interrupted
        if is_old or is_half or run.name in gone:
            _delete(run, store)


def _delete(run: Run, store: Store) -> None:
    if store.is_remote:
        # What was cut while it was uploaded has no pointer, and objects there.
        delete_objects(store.sub(f"{run.target}/{run.name}"))
    shutil.rmtree(run.folder, ignore_errors=True)
