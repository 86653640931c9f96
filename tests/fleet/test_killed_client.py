"""A command that is killed leaves no process, and is continued by the next; two at a time do not disturb each other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from probe.places import PROJECT
from probe.store.store import FolderStore
from tests.fleet.clusters import chaos, dask_cluster
from tests.fleet.fleets import SECONDS, call, fleet_command, in_one_process, runs_in_tables, stored_aggregates
from tests.support.synthetic_runs import write_runs

pytestmark = pytest.mark.timeout(240)


_started: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """Kill what a test that failed has left running."""
    yield
    for one in _started:
        one.kill()
        one.communicate(timeout=30)
    _started.clear()


def _start(*words: str) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        fleet_command(*words), cwd=PROJECT, env=dict(os.environ), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    _started.append(started)
    return started


def _wait_for_results(data: Path, number: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while len(list(data.glob(".fleet/results/*/*"))) < number:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.02)


def _read(said: str) -> int:
    """Return how many runs a command has read."""
    if "all were read before" in said:
        return 0
    found = re.search(r"([\d,]+)(?: of [\d,]+)? runs? read", said)
    assert found, said
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize(
    ("number", "group", "code"),
    [(signal.SIGKILL, False, -9), (signal.SIGTERM, False, 143), (signal.SIGINT, True, 130)],
    ids=["SIGKILL", "SIGTERM", "Ctrl-C"],
)
def test_a_command_that_is_ended_leaves_no_worker_and_the_next_goes_on(
    tmp_path: Path, number: int, group: bool, code: int
) -> None:
    data = tmp_path / "data"
    runs = write_runs(data, 80)
    process = _start("analyze", "--workers", "2", "-d", str(data))
    _wait_for_results(data, 10, process)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    (os.killpg if group else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert code == -9 or "Traceback" not in said
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    stored = len(list(data.glob(".fleet/results/*/*")))
    assert stored < len(runs)
    assert _read(call("analyze", "--workers", "2", "-d", str(data))) <= len(runs) - stored
    assert in_one_process(data, runs).to_bytes() in stored_aggregates(FolderStore(data))
    assert runs_in_tables(FolderStore(data)) == sorted(runs)


def test_what_a_killed_client_left_running_on_a_scheduler_does_no_harm(tmp_path: Path) -> None:
    data = tmp_path / "data"
    runs = write_runs(data, 80)
    with dask_cluster(tmp_path, 2) as cluster, chaos(cluster, 2, 3.0):
        words = ("analyze", "--scheduler", cluster.address, "-d", str(data))
        process = _start(*words)
        _wait_for_results(data, 10, process)
        process.kill()
        process.communicate(timeout=30)
        call(*words)
    assert in_one_process(data, runs).to_bytes() in stored_aggregates(FolderStore(data))
    assert runs_in_tables(FolderStore(data)) == sorted(runs)


def test_a_scheduler_that_dies_ends_the_command_which_goes_on_with_another(tmp_path: Path) -> None:
    data = tmp_path / "data"
    runs = write_runs(data, 80)
    with dask_cluster(tmp_path, 2) as cluster:
        process = _start("analyze", "--scheduler", cluster.address, "-d", str(data))
        _wait_for_results(data, 5, process)
        cluster.kill_scheduler()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "the connection to the scheduler of Dask was lost" in said
    assert "Traceback" not in said
    call("analyze", "--workers", "0", "-d", str(data))
    assert in_one_process(data, runs).to_bytes() in stored_aggregates(FolderStore(data))


def test_what_was_deleted_or_damaged_is_made_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    runs = write_runs(data, 90)
    words = ("analyze", "--workers", "0", "-d", str(data))
    call(*words)
    expected = in_one_process(data, runs).to_bytes()
    for number, stored in enumerate(sorted(data.glob(".fleet/nodes/*"))):
        if number % 2:
            stored.unlink()
        else:
            stored.write_bytes(stored.read_bytes()[:100])
    for stored in sorted(data.glob(".fleet/results/*/*"))[::7]:
        stored.write_bytes(b"damaged")
    call(*words)
    assert expected in stored_aggregates(FolderStore(data))
    assert runs_in_tables(FolderStore(data)) == sorted(runs)


def test_two_commands_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    data = tmp_path / "data"
    runs = write_runs(data, 80)
    codex = [run for run in runs if run.startswith("codex/")]
    words = ("--workers", "1", "-d", str(data))
    patterns = (("--runs", "codex/*"), ())
    commands = [_start("analyze", *words, *pattern) for pattern in patterns]
    for one in commands:
        _, said = one.communicate(timeout=SECONDS)
        assert one.returncode == 0, said
    found = stored_aggregates(FolderStore(data))
    assert in_one_process(data, runs).to_bytes() in found
    assert in_one_process(data, codex).to_bytes() in found
    # The tables are those of the command that ended last.
    assert runs_in_tables(FolderStore(data)) in (sorted(runs), sorted(codex))


def test_what_is_done_is_not_done_again_and_a_new_run_costs_only_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_runs(data, 90)
    words = ("--workers", "0", "-d", str(data))
    assert _read(call("analyze", *words)) == 90
    for command in ("analyze", "compare", "protocol"):
        assert "90 runs: all were read before" in call(command, *words)
    write_runs(data, 1, first=90)
    assert _read(call("analyze", *words)) == 1
    assert _read(call("analyze", *words, "--force", "--runs", "claude-code/*")) > 20
    assert _read(call("analyze", *words)) == 0, "the tables of codex were deleted, and are written from stored results"
