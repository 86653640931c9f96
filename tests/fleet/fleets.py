"""Fleets of synthetic runs, what one process makes of them, and the command that reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from probe.fleet.run_result import result_of
from probe.fleet.statistics import FleetStatistics
from probe.fleet.stored_nodes import FOLDER as NODES
from probe.fleet.tables import FOLDER as TABLES
from probe.fleet.tables import LIST
from probe.places import PROJECT
from probe.record.manifest import Manifest
from probe.record.runs import Run
from probe.store.store import Store
from probe.targets.finding import target_of_run

SECONDS = 120


def run_at(folder: Path) -> Run:
    """Return the run in a folder."""
    return Run(folder=folder, target=folder.parent.name, manifest=Manifest.read(folder))


def in_one_process(data_dir: Path, runs: Iterable[str], target: str | None = None) -> FleetStatistics:
    """Return the statistics of runs, read one after the other without anything of the engine."""
    whole = FleetStatistics()
    for run in runs:
        one = run_at(data_dir / run)
        found = result_of(one, target_of_run(one.target, target, print))
        whole.merge(FleetStatistics.from_bytes(found.statistics))
    return whole


def stored_aggregates(store: Store) -> set[bytes]:
    """Return the bytes of all aggregates that are stored in a data folder."""
    return {store.read(name) or b"" for name in store.names(f"{NODES}/")}


def fleet_command(*words: str) -> list[str]:
    """Return a command of `fleet`."""
    return [sys.executable, "-m", "probe.fleet", *words]


def call(*words: str, code: int = 0, seconds: float = SECONDS) -> str:
    """Run a command of `fleet` to its end; return what it says to stderr."""
    done = subprocess.run(
        fleet_command(*words), cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def runs_in_tables(store: Store) -> list[str]:
    """Return the runs of the published tables, sorted."""
    import pyarrow.parquet

    listed = json.loads(store.read(f"{TABLES}/{LIST}") or b"")
    files = (BytesIO(store.read(f"{TABLES}/{name}") or b"") for name in listed["files"]["runs"])
    return sorted(row["run"] for file in files for row in pyarrow.parquet.read_table(file).to_pylist())
