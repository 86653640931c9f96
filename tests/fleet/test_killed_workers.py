"""Workers that are killed at any moment lose and double nothing; a run that kills them costs only itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.fleet.driver import KILLER
from probe.fleet.statistics import FleetStatistics
from probe.store.store import FolderStore
from tests.fleet.clusters import chaos, dask_cluster
from tests.fleet.deadly_renderer import WORD
from tests.fleet.fleets import call, in_one_process, runs_in_tables, stored_aggregates
from tests.support.synthetic_runs import write_runs

pytestmark = pytest.mark.timeout(240)


def test_killed_workers_lose_and_double_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    runs = write_runs(data, 120)
    with dask_cluster(tmp_path, 4) as cluster, chaos(cluster, 4, 2.0):
        call("analyze", "--scheduler", cluster.address, "-d", str(data))
    assert cluster.killed
    assert in_one_process(data, runs).to_bytes() in stored_aggregates(FolderStore(data))
    assert runs_in_tables(FolderStore(data)) == sorted(runs)


_TARGET = """\
description: An agent whose runs may kill who reads them.
listeners:
  model: {port: 8080, upstream: "https://api.openai.com"}
renderer: tests.fleet.deadly_renderer
"""


def test_a_run_that_kills_its_worker_is_named_and_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, targets = tmp_path / "data", tmp_path / "targets"
    runs = write_runs(data, 80)
    targets.mkdir()
    (targets / "deadly.yaml").write_text(_TARGET)
    monkeypatch.setenv("PROBE_TARGETS", str(targets))
    deadly = runs[17]
    record = data / deadly / "traffic.jsonl"
    record.write_text(record.read_text().replace("You work in", WORD, 1))
    failures = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with dask_cluster(tmp_path, 2, **failures) as cluster, chaos(cluster, 2, None):
        said = call("analyze", "--target", "deadly", "--scheduler", cluster.address, "-d", str(data), code=1)
    assert f"{deadly}: could not be read: {KILLER}" in said
    expected = in_one_process(data, [run for run in runs if run != deadly], "deadly")
    lost = FleetStatistics()
    lost.runs["failed"], lost.failed[deadly] = 1, KILLER
    expected.merge(lost)
    assert expected.to_bytes() in stored_aggregates(FolderStore(data))
