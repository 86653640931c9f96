"""`--fault` from the command line to the agent: it meets the fault, and the run says which call was hit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.support.client import ask
from tests.support.running import Running

DEMO = ["--target=demo", "--prompt", "Write a prime checker"]


def test_an_agent_meets_the_fault_and_the_run_says_where(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", *DEMO, "--fault", "429 retry after 3s on call 2") as running:
        assert running.wait() != 0
        statuses = [record["response"]["status_code"] for record in running.records()]
        headers = running.records()[1]["response"]["headers"]
        manifest = running.manifest()
    assert statuses == [200, 429]
    assert {name.lower(): value for name, value in headers.items()}["retry-after"] == "3"
    assert "fault 429 retry after 3s: call 2" in manifest["notes"]
    assert manifest["settings"]["fault"] == {"value": ["429 retry after 3s on call 2"], "source": "command line"}


@pytest.mark.slow
def test_an_odd_but_valid_stream_changes_nothing(tmp_path: Path) -> None:
    faults = [f"--fault={text} on call {number}" for number, text in enumerate(["comments", "crlf", "byte by byte"], 1)]
    with Running(tmp_path, "probe.capture", *DEMO, *faults) as running:
        assert running.wait() == 0, running.stderr
        assert running.manifest()["problems"] == []


WRONG = {
    "no such fault": (["--fault", "cut aftr 3"], "did you mean 'cut after N events'?"),
    "no replay": (["--fault", "429", "--replay", ""], "--fault: only a replay has one"),
}


@pytest.mark.parametrize(("options", "hint"), WRONG.values(), ids=WRONG.keys())
def test_a_fault_that_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, options: list[str], hint: str
) -> None:
    with Running(tmp_path, "probe.capture", *DEMO, *options) as running:
        assert running.wait() == 2
        assert hint in running.stderr
        assert not list(running.data.glob("demo/*/traffic.jsonl"))


def test_a_served_recording_has_faults_too(tmp_path: Path) -> None:
    recorded = PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl"
    call = next(json.loads(line) for line in recorded.open() if '"POST"' in line)["request"]["body"]
    with Running(tmp_path, "probe.replay", "--run", str(recorded.parent), "--fault", "529 once") as running:
        running.until_said("http://")
        url = running.stdout.split()[0]
        answers = [ask(f"{url}/v1/responses", json.dumps(call).encode()).status for _ in range(2)]
    assert answers == [529, 200]


@pytest.mark.slow
def test_an_exchange_that_a_fault_cut_short_is_a_note_and_no_problem(tmp_path: Path) -> None:
    fault = "cut after 3 events"
    with Running(tmp_path, "probe.capture", *DEMO, "--fault", fault) as running:
        running.wait()
        folder, manifest = running.run_folder(), running.manifest()
    assert manifest["problems"] == []
    assert f"1 of 1 exchanges cut by --fault '{fault}'" in manifest["notes"]
    assert "WARNING" not in running.stderr
    for options, code in (([], 0), (["--strict"], 1)):
        with Running(tmp_path, "probe.verify", "--run", str(folder), *options) as checked:
            assert checked.wait() == code, checked.stdout


@pytest.mark.slow
def test_a_replay_check_says_whether_an_agent_gets_past_a_fault(tmp_path: Path) -> None:
    sample = str(PROJECT / "data" / "demo" / "sample")
    said = {
        "comments": "OK  ",
        "429": "the agent ended with exit code 1; recorded: 0\n       fault 429 retry after 1s: call 1\n",
        "429 on call 9": "fault 429 retry after 1s on call 9: hit no call; the agent made 3\n",
    }
    for fault, text in said.items():
        here = tmp_path / fault
        here.mkdir()
        with Running(here, "probe.replay_check", "--run", sample, "--fault", fault) as running:
            assert running.wait() == int(fault != "comments"), running.stdout + running.stderr
            assert text in running.stdout
