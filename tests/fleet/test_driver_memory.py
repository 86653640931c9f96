"""The driver of 100,000 runs keeps less than 500 MB: names, keys and a few jobs at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probe.places import PROJECT

_RUNS = 100_000
_SCRIPT = f"""
import resource, sys
from pathlib import Path
from tests.fleet.test_driver_memory import read_all
if __name__ == "__main__":
    print(read_all(Path(sys.argv[1]), {_RUNS}), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def do_nothing(_job: Any) -> None:
    """Do what a worker does with a job, in no time."""


def read_all(folder: Path, count: int) -> int:
    """Hand out all jobs of a long listing to real workers; return how many there were."""
    from probe.fleet.cluster import local_workers
    from probe.fleet.driver import Driver
    from probe.fleet.jobs import Site
    from probe.fleet.listing import list_runs
    from probe.fleet.progress import Progress
    from probe.fleet.tree import Tree
    from probe.fleet.workers import DaskWorkers
    from probe.store.store import FolderStore

    class Long(FolderStore):
        def stamps(self, prefix: str = "", suffix: str = "") -> Iterator[tuple[str, str]]:
            for number in range(count):
                yield f"codex/20261122T101500Z-{number:08d}/manifest.json", f"1234-{number:020d}"

    class Counting:
        def __init__(self, workers: DaskWorkers) -> None:
            self.workers, self.jobs, self.ended = workers, 0, workers.ended

        @property
        def number(self) -> int:
            return self.workers.number

        def submit(self, tag: Any, _function: Any, job: Any) -> None:
            self.jobs += 1
            self.workers.submit(tag, do_nothing, job)

    store = Long(folder)
    runs = list_runs(store, "*/*", lambda _: "code").runs
    tree = Tree([run.name for run in runs], [run.key for run in runs], (), ())
    progress = Progress(sys.stderr)
    with local_workers(2, progress.read) as workers:
        counting = Counting(workers)
        Driver(Site(store=FolderStore(folder), targets={}, code={}), runs, counting, progress).make(tree)
    assert not tree.missing
    return counting.jobs


@pytest.mark.slow
def test_the_driver_of_100_000_runs_keeps_less_than_500_mb(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, script, tmp_path], env=environment, capture_output=True, text=True, timeout=110, check=True
    )
    jobs, kilobytes = map(int, done.stdout.split())
    assert 3000 < jobs < 6250
    assert kilobytes < 500_000 if sys.platform == "linux" else kilobytes < 500_000_000
