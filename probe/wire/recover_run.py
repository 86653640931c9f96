"""Recover a run that was killed: exchanges under way become records, the manifest is completed."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from probe.addon.journal import FOLDER
from probe.errors import UserError
from probe.record.fold_journals import fold_in
from probe.record.manifest import Manifest, utc_now
from probe.record.mirror_place import is_mirror
from probe.record.open_record import record_file
from probe.record.problem import Problem, ProblemKind
from probe.record.record_root import record_digests
from probe.record.runs import Run, find_run, is_alive, refuse_links
from probe.remote.upload import pending, run_in
from probe.settings.settings import data_dir
from probe.targets.finding import output_dirs, renderer_of
from probe.wire import agent_folders
from probe.wire.capture_counts import tally


def open_run(arguments: Namespace, say: Callable[[str], None]) -> Run:
    """Return the run that a script's options name, by default the latest, after recovering it. Raises UserError."""
    folder = data_dir(arguments.data_dir, os.environ)
    recover_left(folder, say)
    word = "latest" if arguments.run is None else arguments.run
    found = find_run(word, folder, arguments.target, output_dirs())
    recover_and_report(found, folder, say)
    return found


def recover_left(folder: Path, say: Callable[[str], None]) -> None:
    """Recover the runs of a mirror that a killed capture left, so that the end of this command uploads them."""
    for one in pending(folder) if is_mirror(folder) else ():
        run = run_in(one)
        if not run.manifest.facts.ended:
            refuse_links(one)
            recover_and_report(run, folder, say)


def recover_and_report(found: Run, folder: Path, say: Callable[[str], None]) -> None:
    """Recover a run and report it with `say`. Raises UserError."""
    if folded := recover(found, folder):
        count = "1 exchange" if folded == 1 else f"{folded} exchanges"
        say(f"note: run {found.target}/{found.name}: {count} that its proxies left unwritten: recovered now, cut short")


def recover(run: Run, folder: Path) -> int:
    """Complete a run that was killed; return how many exchanges were recovered. Raises UserError."""
    manifest, facts = run.manifest, run.manifest.facts
    if facts.started and not run.bundled and not is_alive(run):
        agent_folders.remove(run.folder)
    whole = facts.ended or not facts.started
    if run.bundled or is_alive(run) or (whole and not (run.folder / FOLDER).exists()):
        return 0
    record = record_file(run.traffic)
    last_seen = datetime.fromtimestamp(record.stat().st_mtime, UTC) if record.exists() else None
    try:
        folded = fold_in(run.folder, folder)
    except OSError as error:
        raise UserError(
            f"run {run.target}/{run.name}: what its proxy left cannot be recovered: {error}",
            f"nothing is lost: it is in {run.folder / FOLDER}; free some space, restore missing files,"
            " or move damaged ones away",
            code=1,
        ) from error
    if folded is None or not record_file(run.traffic).exists():
        return 0
    if facts.started:
        _complete(run, manifest, folded, last_seen)
    return folded


def _complete(run: Run, manifest: Manifest, folded: int, last_seen: datetime | None) -> None:
    """Write into the manifest what the recording could not write."""
    facts = manifest.facts
    seen = {"seen": facts.counts.seen} if facts.counts and facts.counts.seen is not None else {}
    counts, problems, notes = tally(run.traffic, renderer_of(run.target), seen)
    text = f"{folded} exchanges that the proxies could not write were recovered afterwards"
    recovered = [Problem(ProblemKind.FOLDED_IN, text)] if folded else []
    manifest.update(
        counts=counts,
        ended=manifest.data.get("ended") or (last_seen.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if last_seen else utc_now()),
        pid=None,
        **(digests.noted if (digests := record_digests(run.traffic)) else {"traffic_sha256": None}),
        problems=[*facts.problems, *recovered, *problems],
        notes=[*facts.notes, *notes],
        recovered={"exchanges": folded, "at": utc_now()},
    )
