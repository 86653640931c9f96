"""2,000 runs in a bucket, read by four workers of a scheduler that are killed at random, are what one process reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from probe.store.store import Store, store_at
from tests.fleet.clusters import chaos, dask_cluster
from tests.fleet.fleets import call, in_one_process, runs_in_tables, stored_aggregates
from tests.support.s3_server import S3Server
from tests.support.synthetic_runs import write_runs

_RUNS, _WORKERS = 2000, 4
_KILL_SECONDS = 10.0


def _copy(data: Path, store: Store, run: str) -> None:
    for file in sorted((data / run).iterdir(), reverse=True):  # the manifest last, as `upload` does
        store.write(f"{run}/{file.name}", file.read_bytes())


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_2000_runs_in_a_bucket_with_killed_workers_are_what_one_process_reads(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_MIRRORS", str(tmp_path / "mirrors"))
    data, store = tmp_path / "data", store_at(s3.url)
    runs = write_runs(data, _RUNS)
    assert all((data / run / "traffic.jsonl").stat().st_size <= 200_000 for run in runs)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda run: _copy(data, store, run), runs))
        with dask_cluster(tmp_path, _WORKERS) as cluster, chaos(cluster, _WORKERS, _KILL_SECONDS):
            words = ("analyze", "--scheduler", cluster.address, "-d", s3.url)
            one_process = threads.submit(in_one_process, data, runs)
            call(*words, seconds=1200)
        assert cluster.killed >= 3
        expected = one_process.result(timeout=1200).to_bytes()
    assert expected in stored_aggregates(store)
    assert runs_in_tables(store) == sorted(runs)
    assert "2,000 runs: all were read before" in call("analyze", "-d", s3.url)
