"""What a worker does: read the runs of a chunk, and add up what is stored; only keys and problems travel."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.errors import UserError
from probe.fleet.listing import FleetRun
from probe.fleet.run_result import UNKNOWN, RunResult, code_key, decode, encode, result_of
from probe.fleet.statistics import FleetStatistics
from probe.fleet.stored_nodes import read_node, write_node
from probe.fleet.tables import write_chunk
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.open_record import record_size
from probe.record.runs import Run, refuse_links
from probe.store.store import FolderStore, Store
from probe.targets.target import Target

Report = Callable[[str, int], None]
"""Gets the name of each run that is done, and how many bytes of its record were read."""
RESULTS = ".fleet/results"
_UNREADABLE = 8
"""Runs of a chunk that cannot be read, after which it is given up for now: the rest may be no better."""


class UnreadableRunsError(Exception):
    """Runs that could not be read for a reason that is not in them; `args` has the reasons by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every job of a fleet needs to know."""

    store: Store
    """The data folder."""
    targets: Mapping[str, Target | None]
    """By name, how runs are read."""
    code: Mapping[str, str]
    """By name of a target, the key of the code that the driver has."""
    topic: str = ""
    """Under which workers report to the driver."""

    def check(self, target: str) -> None:
        """Raise UserError where this process would read runs otherwise than the driver."""
        if code_key(self.targets[target]) != self.code[target]:
            import socket  # Here: only this error needs it.

            raise UserError(
                f"the worker on {socket.gethostname()} has another version of agent-probe, or other prices",
                "install the same version on every worker, with the same PROBE_PRICES; then start them again",
            )
        if isinstance(self.store, FolderStore) and not self.store.folder.is_dir():
            raise UserError(
                f"a worker does not see the folder {self.store.url}",
                "put the runs where all workers see them: a shared folder, or --data-dir s3://bucket/prefix",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some runs of one target that are read by one task."""

    site: Site
    key: str
    runs: Sequence[FleetRun]
    lost: Mapping[str, str] = field(default_factory=dict)
    """Runs that are not read, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Stored aggregates that are added up by one task."""

    site: Site
    key: str
    children: Sequence[str]


def read_chunk(chunk: Chunk, report: Report | None = None) -> None:
    """Store results, tables and aggregate of a chunk. Raises UnreadableRunsError and UserError."""
    store = chunk.site.store
    chunk.site.check(chunk.runs[0].name.partition("/")[0])
    report = report or _reporter(chunk.site.topic)
    results, unreadable = [], {}
    for run in chunk.runs:
        try:
            results.append(_lost(run, chunk) or _result(chunk.site, run, report))
        except (UserError, OSError) as error:
            unreadable[run.name] = str(error.args[0] if isinstance(error, UserError) else error)
            if len(unreadable) == _UNREADABLE:
                break
    if unreadable:
        raise UnreadableRunsError(unreadable)
    write_chunk(store, chunk.key, results)
    whole = FleetStatistics()
    for result in results:
        whole.merge(FleetStatistics.from_bytes(result.statistics))
    write_node(store, chunk.key, whole)


def read_run(chunk: Chunk, report: Report | None = None) -> None:
    """Store the result of the one run of a chunk. Raises UserError and OSError."""
    _result(chunk.site, chunk.runs[0], report or _reporter(chunk.site.topic))


def add_up(group: Group, _report: Report | None = None) -> None:
    """Store the sum of stored aggregates. Raises NodeMissingError."""
    whole = FleetStatistics()
    for key in group.children:
        whole.merge(read_node(group.site.store, key))
    write_node(group.site.store, group.key, whole)


def forget(chunk: Chunk, _report: Report | None = None) -> None:
    """Delete what is stored about the runs of a chunk."""
    for run in chunk.runs:
        chunk.site.store.delete(result_name(run))


def result_name(run: FleetRun) -> str:
    """Return where the result of a run is stored."""
    return f"{RESULTS}/{run.name}.{run.key}"


def _lost(run: FleetRun, chunk: Chunk) -> RunResult | None:
    """Return what counts for a run that is not read; None for others."""
    why = chunk.lost.get(run.name)
    if why is None:
        return None
    target, _, name = run.name.partition("/")
    statistics = FleetStatistics()
    statistics.runs["failed"], statistics.failed[run.name] = 1, why
    data = statistics.to_bytes()
    return RunResult(run=run.name, target=target, name=name, date=UNKNOWN, agent=target, failed=why, statistics=data)


def _result(site: Site, run: FleetRun, report: Report) -> RunResult:
    """Return the stored result of a run, or read the run and store it."""
    name = result_name(run)
    if (stored := site.store.read(name)) is not None:
        try:
            result = decode(stored)
            report(run.name, 0)
            return result
        except ValueError:
            pass  # Damaged: it is replaced.
    with tempfile.TemporaryDirectory(prefix="probe-fleet-", dir=_scratch()) as folder:
        opened = _opened(site.store, run.name, Path(folder, run.name))
        size = record_size(opened.traffic)
        result = result_of(opened, site.targets[run.name.partition("/")[0]])
    site.store.write(name, encode(result))
    report(run.name, size)
    return result


def _opened(store: Store, name: str, folder: Path) -> Run:
    """Return a run of a data folder; of a bucket, its small files are copied into a folder. Raises UserError."""
    if not isinstance(store, FolderStore):
        from probe.remote.mirror import open_remote_run  # Here: it needs libraries of an extra.

        return open_remote_run(store, name, folder)
    folder = store.folder / name
    if not (folder / MANIFEST).exists():
        raise UserError(f"{folder} is gone", code=1)
    refuse_links(folder)
    manifest = Manifest.read_or_damaged(folder)
    return Run(folder=folder, target=manifest.facts.target or folder.parent.name, manifest=manifest)


def _scratch() -> str | None:
    """Return a worker's own folder, which the next worker deletes if this one is killed; None elsewhere."""
    try:
        from distributed import get_worker  # Here: an extra; one process does without.

        return str(get_worker().local_directory)
    except (ImportError, ValueError):
        return None


def _reporter(topic: str) -> Report:
    """Return what reports to the driver, from a worker of Dask."""
    from distributed import get_worker  # Here: an extra; one process does without.

    worker: Any = get_worker()
    return lambda run, size: worker.log_event(topic, {"run": run, "bytes": size})
