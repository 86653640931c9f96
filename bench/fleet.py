"""Measure what a fleet of runs costs, and estimate from that what a larger one would cost on more processors."""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.fleet_estimate import LISTED, RUNS, estimates, inputs_of
from bench.meter import peak_megabytes
from probe.errors import UserError
from probe.fleet.cluster import local_workers
from probe.fleet.driver import Driver
from probe.fleet.jobs import Site
from probe.fleet.listing import list_runs
from probe.fleet.progress import Progress
from probe.fleet.run_result import encode, result_of
from probe.fleet.statistics import FleetStatistics
from probe.fleet.stored_nodes import FOLDER, read_node, stored_nodes
from probe.fleet.tree import Tree
from probe.fleet.workers import DaskWorkers, Ended
from probe.places import PROJECT
from probe.questions.ready_questions import ready_questions
from probe.record.runs import find_run
from probe.store.range_file import RangeFile
from probe.store.store import FolderStore, store_at
from probe.targets.finding import load_target
from tests.support.s3_server import s3_server
from tests.support.synthetic_runs import SyntheticRun, write_runs

_SAMPLE_SECONDS = 0.2
_LARGE_TURNS = 208
"""Turns of a run of about 50 MB: each sends again what was said before."""


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench fleet`."""
    parser = argparse.ArgumentParser(prog="python -m bench fleet", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="synthetic runs that are analyzed (default 10000)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default 2)")
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    arguments = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="probe-bench-") as folder:
            measured = _measured(Path(folder), arguments.runs, arguments.workers)
    except (UserError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(measured, indent=2))
        return 0
    table = Table("measured", "", title=f"{arguments.runs:,} runs, {arguments.workers} workers")
    for name, value in measured.items():
        table.add_row(name, f"{value:,.3f}" if isinstance(value, float) else f"{value:,}")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(_estimated(measured))
    return 0


def _measured(folder: Path, count: int, workers: int) -> dict[str, float]:
    """Return what was measured, by name."""
    data, found = folder / "data", dict[str, float]()
    write_runs(data, count)
    found["runs"], found["MB of records"] = count, sum(one.stat().st_size for one in data.glob("*/*/*.jsonl")) / 1e6
    for name, more in (("first", 0), ("again", 0), ("with one run more", 1)):
        write_runs(data, more, first=count)
        seconds, megabytes, cpu = _analyzed(data, workers)
        found |= {f"{name}: seconds": seconds, f"{name}: MB of the driver": megabytes, f"{name}: CPU seconds": cpu}
    found["runs a second"] = count / found["first: seconds"]
    found |= _stored(data)
    found |= _asked(data)
    found |= _large(folder / "large")
    for name, value in _in_process("driver_of_many", str(RUNS), str(workers)).items():
        found[f"{LISTED}: {name}"] = value
    return found


def _analyzed(data: Path, workers: int) -> tuple[float, float, float]:
    """Analyze a folder as a user does; return the seconds, the driver's most megabytes, and the CPU seconds of all."""
    command = [sys.executable, "-m", "probe.fleet", "analyze", f"--data-dir={data}", f"--workers={workers}"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0.0
    while process.poll() is None:
        most = max(most, _peak(process.pid))
        time.sleep(_SAMPLE_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, " ".join(command))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, most, cpu


def _peak(pid: int) -> float:
    try:
        return peak_megabytes(pid) or 0.0
    except (OSError, StopIteration):
        return 0.0


def _stored(data: Path) -> dict[str, float]:
    """Return sizes of what is stored, and how long stored aggregates take to be added up."""
    store = store_at(data)
    keys = sorted(stored_nodes(store))
    results = [one.stat().st_size for one in (data / ".fleet" / "results").rglob("*") if one.is_file()]
    nodes = [store.size(f"{FOLDER}/{key}") or 0 for key in keys]
    taken = []
    for key in keys[:200]:
        began = time.thread_time()
        FleetStatistics().merge(read_node(store, key))
        taken.append(time.thread_time() - began)
    tables = sum(one.stat().st_size for one in (data / ".fleet" / "tables").rglob("*.parquet"))
    return {
        "KB of a stored result": median(results) / 1e3,
        "KB of a stored aggregate": median(nodes) / 1e3,
        "ms to read and add an aggregate": median(taken) * 1e3,
        "aggregates": len(keys),
        "MB of tables": tables / 1e6,
    }


def _asked(data: Path) -> dict[str, float]:
    """Return how long the slowest of the ready questions takes, with the start of its command."""
    taken = []
    for name in ready_questions():
        command = [sys.executable, "-m", "probe.sql", name, f"--data-dir={data}"]
        began = time.monotonic()
        subprocess.run(
            command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600
        )
        taken.append(time.monotonic() - began)
    return {"slowest question: seconds": max(taken)}


def _large(folder: Path) -> dict[str, float]:
    """Return what one run of about 50 MB takes."""
    run = SyntheticRun(1, turns=_LARGE_TURNS).write(folder)
    size = (run / "traffic.jsonl").stat().st_size / 1e6
    found = {f"large run: {name}": value for name, value in _in_process("one_run", str(run)).items()}
    found |= {f"from a bucket: {name}": value for name, value in _in_process("fetched", str(run)).items()}
    return {"MB of a large run": size, **found}


def _in_process(function: str, *arguments: str) -> dict[str, float]:
    """Run a function of this module in a process of its own; return what it measured, and the process's peak."""
    command = [sys.executable, "-m", "bench.fleet", function, *arguments]
    out = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, timeout=1800).stdout
    found: dict[str, float] = json.loads(out)
    return found


def one_run(folder: str) -> dict[str, float]:
    """Return what it takes to read one run of a fleet."""
    run = find_run(folder, Path(folder).parent.parent)
    target = load_target(run.target)[0]
    began = time.process_time()
    size = len(encode(result_of(run, target)))
    return {"CPU seconds": time.process_time() - began, "KB of its result": size / 1e3}


def fetched(folder: str) -> dict[str, float]:
    """Return what it takes to fetch the record of a run from a bucket on this machine, by ranges."""
    with s3_server() as server:
        os.environ.update(server.environment)
        store = store_at(server.url)
        store.write("record", Path(folder, "traffic.jsonl").read_bytes())
        size, stamp = store.info("record") or (0, "")
        began = time.process_time()
        with io.BufferedReader(RangeFile(store, "record", size, stamp)) as file:
            while file.read(1 << 20):
                pass
        return {"CPU seconds": time.process_time() - began}


def driver_of_many(count: str, workers: str) -> dict[str, float]:
    """Return what the driver of many runs takes where no worker has anything to do."""
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as name:
        store = ListedOnly(Path(name), int(count))
        runs = list_runs(store, "*/*", lambda target: target).runs
        tree = Tree([run.name for run in runs], [run.key for run in runs], set(), set())
        tasks = len(tree.missing)
        progress = Progress(sys.stderr)
        with closing(progress), local_workers(int(workers), progress.read) as real:
            driver = Driver(Site(store=store, targets={}, code={}), runs, NoWork(real), progress)
            progress.start(len(runs), 0)
            began = time.monotonic()
            driver.make(tree)
            seconds = time.monotonic() - began
    return {"tasks": tasks, "tasks a second": tasks / seconds}


class ListedOnly(FolderStore):
    """A data folder that lists runs which are nowhere."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(folder)
        self._count = count

    def stamps(self, prefix: str = "", suffix: str = "") -> Iterator[tuple[str, str]]:
        """Yield names as those of recorded runs, with stamps as those of a bucket."""
        for number in range(self._count):
            yield f"agent/{number:014d}Z{suffix}", f"{number:032x}"


class NoWork:
    """Hands jobs to real workers, which do nothing with them."""

    def __init__(self, workers: DaskWorkers) -> None:
        self._workers = workers

    @property
    def number(self) -> int:
        """Return how many jobs run at the same time."""
        return self._workers.number

    def submit(self, tag: Any, function: Callable[..., None], job: Any) -> None:
        """Send a job."""
        self._workers.submit(tag, nothing, job)

    def ended(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended."""
        return self._workers.ended(seconds)


def nothing(_job: object) -> None:
    """Do nothing."""


def _estimated(measured: Mapping[str, float]) -> Table:
    """Return what 100,000 runs of 50 MB would take."""
    table = Table("processors", "hours", "MB a second from the bucket", title="100,000 runs of 50 MB, estimated")
    for one in estimates(inputs_of(measured)):
        table.add_row(f"{one.processors:,}", f"{one.hours:,.1f}", f"{one.megabytes_a_second:,.0f}")
    return table


if __name__ == "__main__":
    # A measurement that needs a process of its own: its name, then its arguments.
    name, *rest = sys.argv[1:]
    alone: Mapping[str, Callable[..., dict[str, float]]]
    alone = {"one_run": one_run, "fetched": fetched, "driver_of_many": driver_of_many}
    result = alone[name](*rest)
    print(json.dumps({**result, "MB of memory": peak_megabytes(os.getpid()) or 0.0}))
