"""`fleet` commands: exit codes, what they say, and mistakes with the words that would have worked."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from probe.addon.journal import FOLDER as JOURNALS
from probe.fleet.jobs import Site
from probe.places import PROJECT
from probe.store.store import FolderStore
from probe.wire.ports import free_ports
from tests.fleet.clusters import dask_cluster
from tests.fleet.fleets import SECONDS, call, fleet_command, in_one_process, runs_in_tables, stored_aggregates
from tests.support.synthetic_runs import write_runs

_NO_WORKERS = ("--workers", "0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a few runs."""
    write_runs(tmp_path / "data", 6)
    return tmp_path / "data"


MISTAKES = {
    "a pattern that matches nothing": (("--runs", "codx/*"), "no run matches 'codx/*'", "did you mean 'codex'?"),
    "a target without a name": (("--runs", "codex"), "no run matches 'codex'", "there are: claude-code/*, codex/*"),
    "a number of workers that is none": (("--workers", "many"), "--workers many: no such number", "without Dask"),
    "workers and a scheduler": (
        ("--workers", "2", "--scheduler", "tcp://127.0.0.1:1"),
        "--scheduler names others",
        "give one of them",
    ),
    "a scheduler that is no address": (("--scheduler", "localhost"), "localhost is no address", "dask scheduler"),
    "a target that is not there": (("--target", "codx"), "codx", "codex"),
}


@pytest.mark.parametrize(("words", "problem", "hint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_explained(words: tuple[str, ...], problem: str, hint: str, data: Path) -> None:
    said = call("analyze", "-d", str(data), *words, code=2)
    assert problem in said
    assert hint in said
    assert "Traceback" not in said


def test_a_scheduler_that_does_not_answer_is_named(data: Path) -> None:
    address = f"tcp://127.0.0.1:{free_ports(1)[0]}"
    said = call("analyze", "-d", str(data), "--scheduler", address, code=2)
    assert f"the scheduler {address} cannot be reached" in said


def test_a_folder_without_runs_is_named(tmp_path: Path) -> None:
    assert "there is no run in" in call("analyze", "-d", str(tmp_path), code=2)


def test_without_the_extra_the_missing_library_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "distributed.py").write_text("raise ImportError('not installed')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "without")}
    command = fleet_command("analyze", "-d", str(data))
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 2, done.stderr
    assert "distributed is not installed" in done.stderr


def test_malformed_runs_are_named_ten_at_most_and_counted(data: Path) -> None:
    runs = write_runs(data, 20, first=100)
    for run in runs[:14]:
        with (data / run / "traffic.jsonl").open("a") as record:
            record.write("no exchange\n")
    said = call("analyze", "-d", str(data), *_NO_WORKERS, code=1)
    assert said.count("malformed lines") == 10
    assert "4 more runs have problems" in said


def test_a_run_that_cannot_be_read_is_named_and_the_others_count(data: Path) -> None:
    bad = data / "codex" / "20261122T101500Z-broken"
    bad.mkdir(parents=True)
    (bad / "manifest.json").write_text('{"schema": 1, "target": "codex"}')
    (bad / "traffic.jsonl.zst").write_bytes(b"no frame")
    said = call("analyze", "-d", str(data), *_NO_WORKERS, code=1)
    assert f"codex/{bad.name}" in said


def test_a_run_with_a_damaged_manifest_is_in_no_number(data: Path) -> None:
    runs = sorted(f"{one.parent.name}/{one.name}" for one in data.glob("*/*"))
    (data / runs[0] / "manifest.json").write_text("{")
    said = call("analyze", "-d", str(data), *_NO_WORKERS, code=1)
    assert f"WARNING: {runs[0]}: could not be read: manifest.json: cannot be read: " in said
    summary = json.loads((data / ".fleet/reports/analyze/summary.json").read_text())
    assert (summary["runs"], summary["failed_runs"], list(summary["failed"])) == (len(runs) - 1, 1, runs[:1])
    assert runs_in_tables(FolderStore(data)) == runs[1:]


def test_unfinished_runs_are_left_out_with_a_word(data: Path) -> None:
    runs = sorted(f"{one.parent.name}/{one.name}" for one in data.glob("*/*"))
    (data / runs[0] / JOURNALS).mkdir()
    said = call("analyze", "-d", str(data), *_NO_WORKERS)
    assert "left out: 1 unfinished" in said
    assert in_one_process(data, runs[1:]).to_bytes() in stored_aggregates(FolderStore(data))


@pytest.mark.parametrize("word", ["analyze", "compare", "protocol"])
def test_documents_are_written_and_their_paths_printed(word: str, data: Path, tmp_path: Path) -> None:
    command = fleet_command(word, "-d", str(data), *_NO_WORKERS)
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=SECONDS, check=True)
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert paths
    assert all(path.parent == data / ".fleet" / "reports" / word and path.stat().st_size for path in paths)
    command = fleet_command(word, "-d", str(data), *_NO_WORKERS, "--json")
    printed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=SECONDS, check=True)
    assert json.loads(printed.stdout)


def test_a_comparison_says_what_it_found_and_which_limit_it_fails(data: Path) -> None:
    write_runs(data, 20, first=100)
    said = call("compare", "-d", str(data), *_NO_WORKERS, "--fail-on", "any", code=1).splitlines()
    assert " in some runs" in said[-2]
    assert said[-1].endswith("failed: there are findings that --fail-on any looks for")


def test_one_group_alone_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    said = call("compare", "-d", str(tmp_path), "--before", "codex@1.0", code=2)
    assert "--before and --after need each other" in said


def test_workers_with_other_prices_are_refused(data: Path, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("gpt-5.2-codex: {input: 1, output: 2}\n")
    with dask_cluster(tmp_path, 1, PROBE_PRICES=str(prices)) as cluster:
        said = call("analyze", "-d", str(data), "--scheduler", cluster.address, code=2)
    assert "has another version of agent-probe, or other prices" in said
    assert not list(data.glob(".fleet/results/*/*"))


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    from probe.errors import UserError
    from probe.fleet.run_result import code_key

    site = Site(store=FolderStore(tmp_path / "elsewhere"), targets={"demo": None}, code={"demo": code_key(None)})
    with pytest.raises(UserError, match="a worker does not see the folder"):
        site.check("demo")


def test_workers_of_this_machine_are_started_again_when_they_are_killed(data: Path) -> None:
    import psutil

    runs = [*write_runs(data, 60, first=200)]
    command = fleet_command("analyze", "-d", str(data), "--workers", "2")
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    killed = False
    try:
        while process.poll() is None:
            workers = psutil.Process(process.pid).children(recursive=True)
            if not killed and len(list(data.glob(".fleet/results/*/*"))) > 10 and len(workers) > 2:
                workers[-1].kill()
                killed = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.3)
    finally:
        process.kill()
        said = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 0, said
    assert killed
    every = sorted(f"{one.parent.name}/{one.name}" for one in data.glob("[!.]*/*"))
    assert set(runs) <= set(every)
    assert in_one_process(data, every).to_bytes() in stored_aggregates(FolderStore(data))
