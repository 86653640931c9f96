"""A capture whose upload is cut loses nothing: `upload` goes on with it. It also copies runs of a local folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probe.places import PROJECT, SAMPLES
from probe.record.mirror_place import mirror_of
from tests.remote.conftest import Bucket, Machine
from tests.support.s3_faults import ACCESS_DENIED, Fault, FaultyProxy, faulty_proxy
from tests.support.s3_server import S3Server
from tests.support.stored_runs import FILES, NAME, own_run

CAPTURE = ("-m", "probe.capture", "--target", "demo", "--prompt", "Write a prime checker")


@pytest.fixture
def faulty(server: S3Server) -> Iterator[FaultyProxy]:
    """Run a proxy that may do wrong in front of the server."""
    with faulty_proxy(server.endpoint) as running:
        yield running


@pytest.fixture
def here(machine: Callable[[str], Machine], faulty: FaultyProxy) -> Machine:
    """Return a machine of which all requests pass the proxy that may do wrong."""
    made = machine("here")
    made.environment["AWS_ENDPOINT_URL"] = faulty.endpoint
    return made


def mirror(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a machine that mirrors the bucket."""
    for name, value in machine.environment.items():
        monkeypatch.setenv(name, value)
    return mirror_of(machine.url)


def capture(machine: Machine, *command: str) -> subprocess.Popen[str]:
    """Begin a capture into the bucket."""
    environment = os.environ | machine.environment | {"PROBE_DATA_DIR": machine.url}
    return subprocess.Popen(
        [sys.executable, *CAPTURE[:4], *(command or CAPTURE[4:])],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def runs_in(bucket: Bucket) -> list[str]:
    """Return the runs that a reader finds."""
    return [name.removesuffix("/manifest.json") for name in bucket.names() if name.endswith("/manifest.json")]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["traffic.jsonl", "manifest.json"])
def test_a_capture_that_is_killed_while_it_uploads_is_finished_by_upload(
    here: Machine, faulty: FaultyProxy, bucket: Bucket, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[str]] = []
    faulty.faults.append(
        Fault(kind=rf"PUT .*/demo/.*/{step}", before=lambda: os.kill(begun[0].pid, signal.SIGKILL), cut_after=0)
    )
    begun.append(capture(here))
    begun[0].communicate(timeout=100)
    assert begun[0].returncode == -signal.SIGKILL
    assert runs_in(bucket) == []
    (record,) = mirror(here, monkeypatch).glob("demo/*/traffic.jsonl")
    recorded = record.read_bytes()
    said = here.run("upload")
    assert said.returncode == 0, said.stderr
    (run,) = runs_in(bucket)
    assert run == f"demo/{record.parent.name}"
    assert bucket.get(f"{run}/traffic.jsonl") == recorded
    manifest = json.loads(bucket.get(f"{run}/manifest.json"))
    assert manifest["traffic_sha256"] == hashlib.sha256(recorded).hexdigest()
    assert f"uploaded {run} to {bucket.url}" in said.stderr
    assert (record.exists(), (record.parent / "remote.json").exists()) == (False, True)
    assert here.run("upload").stderr.startswith("nothing is left: every run of this machine is in ")


@pytest.mark.slow
def test_a_failed_upload_says_what_to_run_next_and_the_agents_own_failure_outranks_it(
    here: Machine, faulty: FaultyProxy, bucket: Bucket
) -> None:
    faulty.faults.append(Fault(kind="PUT ", answer=(403, ACCESS_DENIED), times=10_000))
    done = capture(here)
    _, said = done.communicate(timeout=100)
    assert done.returncode == 1, said
    assert "access is refused" in said
    assert "is not uploaded: " in said
    assert f"-m probe.upload --data-dir {bucket.url}" in said
    failing = capture(here, "--", "sh", "-c", "exit 7")
    _, said = failing.communicate(timeout=100)
    assert failing.returncode == 7, said
    del faulty.faults[:]
    done_now = here.run("upload")
    assert done_now.returncode == 0, done_now.stderr
    assert runs_in(bucket) != []


def test_a_run_whose_capture_was_killed_is_made_whole_and_uploaded(
    here: Machine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own_run(mirror(here, monkeypatch))
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"ended": None, "pid": 1 << 22}))
    (folder / ".live").mkdir()
    said = here.run("upload")
    assert said.returncode == 0, said.stderr
    assert runs_in(bucket) == [f"codex/{NAME}"]
    assert json.loads(bucket.get(f"codex/{NAME}/manifest.json"))["recovered"]
    assert not (folder / "traffic.jsonl").exists()


def _runs(data: Path) -> None:
    """Make three runs, of which the second one has another record than its manifest says."""
    first = own_run(data)
    for name in ("b", "c"):
        shutil.copytree(first, first.with_name(name), symlinks=True)
    with (first.with_name("b") / "traffic.jsonl").open("ab") as file:
        file.write(b"\n")


def test_runs_of_a_folder_are_copied_and_a_failing_one_costs_only_itself(
    here: Machine, bucket: Bucket, tmp_path: Path
) -> None:
    _runs(tmp_path / "data")
    shutil.copytree(SAMPLES / "codex" / "tool-loop", tmp_path / "data" / "codex" / "tool-loop")
    words = ("--runs", "codex/*", "--data-dir", str(tmp_path / "data"), "--to", bucket.url)
    folders = [tmp_path / "data" / "codex" / name for name in (NAME, "b", "c")]
    before = {folder / name: (folder / name).read_bytes() for folder in folders for name in FILES}
    first = here.run("upload", *words)
    assert first.returncode == 1
    assert sorted(first.stdout.splitlines()) == [f"codex/{NAME}  copied", "codex/c  copied"]
    assert "left out: 1 bundled sample\n" in first.stderr
    assert "error: codex/b: run codex/b is not as its capture left it: " in first.stderr
    assert "2 of 3 runs (1 failed), " in first.stderr
    assert sorted(runs_in(bucket)) == [f"codex/{NAME}", "codex/c"]
    found = {name.removeprefix("codex/c/") for name in bucket.names() if name.startswith("codex/c/")}
    assert found == {*FILES, "traffic.lines"}
    assert bucket.get("codex/c/traffic.jsonl") == (tmp_path / "data/codex/c/traffic.jsonl").read_bytes()
    # The runs here stay as they were.
    assert {path: path.read_bytes() for path in before} == before
    again = here.run("upload", "--runs", "codex/[!b]*", *words[2:])
    assert again.returncode == 0, again.stderr
    assert sorted(again.stdout.splitlines()) == [f"codex/{NAME}  was there", "codex/c  was there"]


def test_ctrl_c_ends_the_copying_and_the_next_call_goes_on(
    here: Machine, faulty: FaultyProxy, bucket: Bucket, tmp_path: Path
) -> None:
    own_run(tmp_path / "data")
    reached = threading.Event()
    faulty.faults.append(Fault(kind=r"PUT .*/codex/.*/traffic.jsonl", before=reached.set, delay=1))
    words = ("--runs", "codex/*", "--data-dir", str(tmp_path / "data"), "--to", bucket.url)
    command = [sys.executable, "-m", "probe.upload", *words]
    environment = os.environ | here.environment
    copying = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True)
    assert reached.wait(60)
    copying.send_signal(signal.SIGINT)
    _, said = copying.communicate(timeout=60)
    assert (copying.returncode, "Traceback" in said) == (130, False), said
    assert runs_in(bucket) == []
    assert here.run("upload", *words).returncode == 0
    assert runs_in(bucket) == [f"codex/{NAME}"]


MISTAKES = {
    "no run fits": (("--runs", "codx/*", "--to", "s3://{bucket}/x"), "fits codx/.*\n.*did you mean 'codex'"),
    "only samples fit": (("--runs", "demo/*", "--to", "s3://{bucket}/x"), "none is uploaded: 1 bundled sample\n"),
    "no bucket": (("--to", "s3://{bucket}-other/x"), "there is no such bucket\n.*name another with --to"),
    "no address": (("--to", "folder"), "--to folder: no address"),
    "nowhere": ((), "is no bucket's, and --to names none"),
}


@pytest.mark.parametrize(("words", "problem"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_of_the_user_is_explained(
    here: Machine, bucket: Bucket, tmp_path: Path, words: tuple[str, ...], problem: str
) -> None:
    import re

    own_run(tmp_path / "data")
    shutil.copytree(SAMPLES / "demo" / "sample", tmp_path / "data" / "demo" / "sample")
    given = [word.format(bucket=bucket.name) for word in words]
    said = here.run("upload", "--data-dir", str(tmp_path / "data"), *given)
    assert said.returncode == 2
    assert re.search(problem, said.stderr)
    assert "hint: " in said.stderr


def test_a_server_that_is_gone_is_named_with_the_place_that_was_asked_for(
    here: Machine, bucket: Bucket, tmp_path: Path
) -> None:
    own_run(tmp_path / "data")
    here.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    said = here.run("upload", "--data-dir", str(tmp_path / "data"), "--to", bucket.url)
    assert said.returncode == 1
    assert f"error: {bucket.url}/.uploads cannot be reached" in said.stderr
