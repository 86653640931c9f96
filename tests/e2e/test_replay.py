"""A replay behind the real mitmproxy: what the agent gets, when, and what is said where it does otherwise."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from probe.places import PROJECT
from tests.compare.comparing import Recording
from tests.support import encodings
from tests.support.proof import received
from tests.support.provider import provider_running
from tests.support.running import Running

DEMO = ["--target", "demo", "--prompt"]
CALLS = """
import json, os, urllib.request
for text in ("one", "two"):
    body = json.dumps({"model": "m", "stream": True, "input": text}).encode()
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/responses", body)
    urllib.request.urlopen(request, timeout=30).read()
"""
AGENT = ["--target=openai-compatible", "--", sys.executable, "-c", CALLS]


@pytest.mark.parametrize(
    "encoding", ["gzip", *(pytest.param(name, marks=pytest.mark.slow) for name in encodings.NAMES if name != "gzip")]
)
def test_what_the_agent_gets_has_the_recorded_hashes_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    with (
        provider_running(encoding=encoding) as provider,
        Running(first, "probe.capture", f"--upstream=model={provider.url}", *AGENT) as run,
    ):
        assert run.wait() == 0, run.stderr
        recording, records = run.run_folder(), run.records()
    with Running(again, "probe.capture", f"--replay={recording}", "--strict", *AGENT) as run:
        assert run.wait() == 0, run.stderr
        replayed, manifest = run.records(), run.manifest()
    assert received(replayed) == received(records)
    assert [one["response"]["headers"] for one in replayed] == [one["response"]["headers"] for one in records]
    assert (manifest["problems"], manifest["notes"]) == ([], [])
    assert manifest["replayed"]["calls"] == 2
    assert not any(value for name, value in manifest["replayed"].items() if name != "calls")


def times(records: list[dict[str, Any]]) -> list[list[float]]:
    """Return when the pieces of each answer came, after its request had arrived."""
    return [[time - one["request"]["ended"] for time, _ in one["response"]["pieces"]] for one in records]


@pytest.mark.slow
def test_at_speed_1_pieces_come_at_their_recorded_times(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", *DEMO, "Write a prime checker", "--speed=1") as run:
        assert run.wait() == 0, run.stderr
        replayed = times(run.records())
        assert run.manifest()["settings"]["speed"] == {"value": 1.0, "source": "command line"}
    lines = (PROJECT / "data" / "demo" / "sample" / "traffic.jsonl").read_text().splitlines()
    recorded = times([json.loads(line) for line in lines])
    # On a machine with other work a piece may be late (`bench replay` measures that); none is early.
    late = [new[-1] - old[-1] for old, new in zip(recorded, replayed, strict=True)]
    assert min(late) > -0.005


@pytest.mark.slow
def test_another_prompt_is_named_and_gets_the_recorded_answers_all_the_same(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.pipeline", *DEMO, "Write a haiku") as run:
        assert run.wait() == 0, run.stderr
        (note,) = run.manifest()["notes"]
        (place,) = run.manifest()["replayed"]["differing"]
        report = (run.run_folder() / "report.md").read_text()
    assert note == (
        'call 1 differs at input[0].content (now "Write a haiku", recorded "Write a prime checker"); '
        "it got the nearest recorded answer"
    )
    at = "input[0].content"
    assert place == {"call": 1, "at": at, "recorded": "Write a prime checker", "now": "Write a haiku"}
    assert f"note: {note}\n" in run.stderr
    assert "- Different from the recording, whose nearest answer was given:\n  - call 1 differs at input" in report


@pytest.mark.slow
def test_a_strict_replay_ends_the_agent_at_the_first_call_that_differs(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", *DEMO, "Write a haiku", "--strict") as run:
        assert run.wait() == 1
        (problem,) = run.manifest()["problems"]
        assert len(run.records()) == 1
    differs = 'call 1 differs at input[0].content (now "Write a haiku", recorded "Write a prime checker")'
    assert problem["kind"] == "replay"
    assert problem["text"] == f"a call got no answer, since it is not as recorded (--strict): {differs}"
    assert run.stderr.count(differs) == 1


def test_replay_check_says_whether_an_agent_did_the_same(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.replay_check", "--run", "demo/sample") as run:
        assert run.wait() == 0, run.stderr
        verdict, path = run.stdout.splitlines()
        assert verdict == "OK   demo/sample: 3 calls of the model"
        assert path == str(run.run_folder() / "traffic.jsonl")
    with Running(tmp_path, "probe.replay_check", "--run", "demo/sample", "--prompt", "Write a haiku") as run:
        assert run.wait() == 1
        verdict, differs, _ = run.stdout.splitlines()
    assert verdict.startswith("FAIL demo/sample")
    assert differs.strip().startswith("call 1 differs at input[0].content (")


@pytest.mark.slow
def test_replay_check_counts_the_calls_that_were_not_made_and_another_exit_code(tmp_path: Path) -> None:
    less = CALLS.replace('("one", "two")', '("one",)') + "\nraise SystemExit(3)"
    with (
        provider_running() as provider,
        Running(tmp_path, "probe.capture", f"--upstream=model={provider.url}", *AGENT) as run,
    ):
        assert run.wait() == 0, run.stderr
        recording = str(run.run_folder())
    with Running(tmp_path, "probe.replay_check", "--run", recording) as run:
        assert run.wait() == 0, run.stderr
    with Running(tmp_path, "probe.replay_check", "--run", recording, "--", sys.executable, "-c", less) as run:
        assert run.wait() == 1
        assert "1 of the recorded calls was not made" in run.stdout
        assert "the agent ended with exit code 3; recorded: 0" in run.stdout


@pytest.mark.slow
def test_a_replay_is_never_what_latest_is_checked_against(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with (
        provider_running() as provider,
        Running(tmp_path, "probe.capture", f"--upstream=model={provider.url}", f"--cwd={work}", *AGENT) as run,
    ):
        assert run.wait() == 0, run.stderr
        recording = run.run_folder()
    other = [sys.executable, "-c", CALLS.replace("one", "other")]
    for words in ([], ["--run", "latest"]):
        with Running(tmp_path, "probe.replay_check", *words, "--", *other) as run:
            assert run.wait() == 1, run.stderr
            assert f"checking against openai-compatible/{recording.name}\n" in run.stderr
            verdict, *lines, _ = run.stdout.splitlines()
        assert verdict == f"FAIL openai-compatible/{recording.name}: 2 calls of the model"
        assert lines[-1].strip() == f"hint: recorded in {work}; give the agent a copy of it with --cwd"
    with Running(tmp_path, "probe.runs", "--json") as run:
        assert run.wait() == 0, run.stderr
        replays = [one["replay"] for one in json.loads(run.stdout)]
    assert replays == [*[f"openai-compatible/{recording.name}"] * 2, None]
    with Running(tmp_path, "probe.capture", "--replay=latest~1", *AGENT) as run:
        assert run.wait() == 2
        assert "there is no recording of target 'openai-compatible' that far back (1 recorded)" in run.stderr


@pytest.mark.slow
def test_a_replay_of_another_agent_and_of_replaced_words_is_noted(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", *DEMO, "List the files", "--replay=codex/tool-loop") as run:
        run.wait()
        notes = run.manifest()["notes"]
    other, replaced = (next(note for note in notes if part in note) for part in ("another agent", "replaced by words"))
    assert other.startswith("the recording codex/tool-loop is of another agent: codex (this one: ")
    assert replaced.startswith("of the recording: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "problem"),
    [("empty", "run demo/empty holds no"), ("./none", "no such folder: ./none"), ("/", "the folder / has no ")],
)
def test_what_holds_no_recording_is_refused_at_once(tmp_path: Path, named: str, problem: str) -> None:
    (tmp_path / "data" / "demo" / "empty").mkdir(parents=True)
    (tmp_path / "data" / "demo" / "empty" / "manifest.json").write_text('{"schema": 2, "target": "demo"}')
    with Running(tmp_path, "probe.capture", *DEMO, "Hi", f"--replay={named}") as run:
        assert run.wait() in (1, 2)
    assert f"error: {problem}" in run.stderr
    with Running(tmp_path, "probe.replay_check", "--run", named) as run:
        assert run.wait() in (1, 2)
    assert f"error: {problem}" in run.stderr


def test_replay_check_of_a_run_without_a_prompt_asks_for_one(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.replay_check", "--run", "codex/sample") as run:
        assert run.wait() == 2
        assert "has neither a prompt nor a command" in run.stderr


def test_replay_check_of_an_agent_that_is_not_installed_says_how_to_install_it(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path)}
    with Running(tmp_path, "probe.replay_check", "--run=codex/tool-loop", "--prompt=Hi", env=nowhere) as run:
        assert run.wait() == 2
        assert "error: 'codex' is not installed\n  hint: install it: npm install" in run.stderr
        assert run.stdout == ""
        assert list(run.data.glob("*/*")) == []


def test_a_damaged_line_of_the_recording_is_noted(tmp_path: Path) -> None:
    sample, damaged = PROJECT / "data" / "demo" / "sample", tmp_path / "a damaged run"
    damaged.mkdir()
    (damaged / "manifest.json").write_text('{"schema": 2, "target": "demo"}')
    (damaged / "traffic.jsonl").write_text((sample / "traffic.jsonl").read_text() + "{\n")
    with Running(tmp_path, "probe.capture", *DEMO, "Write a prime checker", f"--replay={damaged}") as run:
        assert run.wait() == 0, run.stderr
        (note,) = run.manifest()["notes"]
    assert note.startswith("of the recording: malformed lines were not served, the first is line 4: ")


@pytest.mark.slow
def test_replay_check_names_no_record_of_an_agent_that_sent_nothing(tmp_path: Path) -> None:
    silent = ["--", sys.executable, "-c", ""]
    with Running(tmp_path, "probe.replay_check", "--run", "demo/sample", *silent) as run:
        assert run.wait() == 1
        verdict, missing = run.stdout.splitlines()
    assert verdict == "FAIL demo/sample: 0 calls of the model"
    assert missing.strip() == "3 of the recorded calls were not made"


def test_a_recording_without_request_bodies_is_named_once_as_the_reason(tmp_path: Path) -> None:
    recording = Recording("demo/sample")
    recording.manifest["folder"] = "/tmp/elsewhere"
    for record in recording.records:
        for name in ("body", "sha256"):
            del record["request"][name]
        record["request"] |= {"body_kind": "none", "size": 0}
    folder = recording.write(tmp_path / "demo" / "bodiless")
    with Running(tmp_path, "probe.replay_check", "--run", str(folder)) as run:
        assert run.wait() == 1
        _, why, *rest = run.stdout.splitlines()
    assert why.endswith(
        "call 1 cannot be answered: the recording has no body of the request, as files of some programs have none"
    )
    assert not any("differs" in line or "hint:" in line for line in rest)


def test_replay_prints_how_the_agent_is_led_to_it_and_at_the_end_how_many_calls_came(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.replay", "--run", "codex/tool-loop") as server:
        server.until_said("Ctrl-C ends it")
        url = server.stdout.strip()
        lines = server.stderr.splitlines()
        assert f"export OPENAI_BASE_URL={url}/v1" in lines
        assert "export CODEX_API_KEY=placeholder-key-of-a-replay" in lines
        assert any(line.startswith("Start Codex with: ") and f'openai_base_url="{url}/v1"' in line for line in lines)
        body = b'{"model": "m", "stream": true, "input": []}'
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(f"{url}/v1/responses", body), timeout=30)
        server.send(signal.SIGINT)
        assert server.wait() == 130
        assert "received 1 call of the model" in server.stderr.splitlines()
