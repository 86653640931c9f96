"""What a newcomer runs into: a cancelled start, an upstream that is not there, a damaged run, a slip of the hand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from probe.places import PROJECT
from probe.record.manifest import Manifest
from probe.wire.ports import free_ports
from tests.support.provider import provider_running
from tests.support.running import Running

TWICE = """
import os, urllib.error, urllib.request
for attempt in (1, 2):
    body = b'{"model": "m", "input": "attempt %d"}' % attempt
    url = os.environ["OPENAI_BASE_URL"] + "/responses"
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=30).read()
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def test_a_start_that_is_cancelled_launches_no_agent(tmp_path: Path) -> None:
    agent = [sys.executable, "-c", "print('launched', flush=True)"]
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", *agent) as running:
        running.until(lambda: list(running.data.glob("codex/*")), "a run folder")
        running.send(signal.SIGINT)
        assert running.wait() == 130
        running.until_nothing_runs()
        assert "launched" not in running.stdout
        assert "likely reasons" not in running.stderr
        # A run that never began is not the latest one.
        assert list(running.data.glob("codex/*")) == []


def test_an_upstream_that_is_not_there_is_told_and_a_retrys_body_is_on_the_record(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    words = ["--target", "codex", "--upstream", f"model=http://127.0.0.1:{port}", "--", sys.executable, "-c", TWICE]
    with Running(tmp_path, "probe.capture", *words) as running:
        assert running.wait() == 1
        assert running.stdout.splitlines()[:2] == ["502", "502"]
        assert "2 of 2 exchanges got no answer, the first because:" in running.stderr
        first, second = running.records()
        assert "was not read" in first["error"]
        assert second["request"]["body"] == {"model": "m", "input": "attempt 2"}


@pytest.mark.parametrize("script", ["probe.capture", "probe.pipeline"])
def test_an_empty_prompt_runs_no_agent(tmp_path: Path, script: str) -> None:
    with Running(tmp_path, script, "--target", "demo", "--prompt", " ") as running:
        assert running.wait() == 2
        assert "error: the prompt is empty\n  hint: " in running.stderr
        assert list(running.data.glob("demo/*")) == []


UNATTENDED = {
    "one that approves": ("gemini-cli", "gemini", "it approves every tool call without a question (--yolo)"),
    "one that refuses": ("claude-code", "claude", "it refuses whatever it would ask for, edits among it"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("target", "program", "what"), UNATTENDED.values(), ids=UNATTENDED.keys())
def test_what_an_agent_does_without_asking_is_said_before_it_starts(
    tmp_path: Path, target: str, program: str, what: str
) -> None:
    agent = tmp_path / "bin" / program
    agent.parent.mkdir()
    agent.write_text("#!/bin/sh\necho started >&2\n")
    agent.chmod(0o755)
    env = {"PATH": f"{agent.parent}:{os.environ['PATH']}"}
    for words, times in ((["--prompt", "x"], 1), (["--", program], 0)):
        with Running(tmp_path, "probe.capture", "--target", target, *words, env=env) as running:
            running.wait()
            before, _, _ = running.stderr.partition("started")
            assert before.count(f"note: nobody is asked: {what}; it works in {tmp_path}\n") == times


def test_an_agent_that_is_interrupted_before_its_first_request_is_not_explained(tmp_path: Path) -> None:
    agent = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGINT)"]
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", *agent) as running:
        assert running.wait() == 130
        assert "likely reasons" not in running.stderr


@pytest.mark.slow
def test_a_capture_names_the_next_step(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", "--target", "demo", "--prompt", "x") as running:
        assert running.wait() == 0, running.stderr
        run = running.run_folder()
        assert f"next: {sys.executable} -m probe.analyze --run {run.relative_to(tmp_path)}\n" in running.stderr
        assert running.stdout.splitlines()[-1] == str(run / "traffic.jsonl")
        default = "replaying demo/sample (the default of target demo; --upstream model=URL asks a real API)"
        assert running.stderr.splitlines()[0] == default
    with Running(tmp_path, "probe.runs", "--data-dir", "data") as listed:
        listed.wait()
        head, line = listed.stdout.splitlines()[:2]
        assert line.split()[-5:] == ["-", "replay", "of", "demo/sample:", "x"]
        assert not head.endswith(" ")
        assert len(line) < 150


# A capture alone connects to nothing before its agent does.
@pytest.mark.slow
@pytest.mark.parametrize(("script", "warned_before"), [("capture", 0), ("pipeline", 1)])
def test_an_upstream_that_is_not_there_is_warned_of(tmp_path: Path, script: str, warned_before: int) -> None:
    (port,) = free_ports(1)
    ask = TWICE + "import sys; print('asked', file=sys.stderr, flush=True); import time; time.sleep(1)\n"
    words = ["--target=openai-compatible", f"--upstream=model=http://127.0.0.1:{port}", "--", sys.executable, "-c", ask]
    with Running(tmp_path, f"probe.{script}", *words) as running:
        assert running.wait() == 1
        before, _, after = running.stderr.partition("capturing openai-compatible into")
        warning = f"WARNING: model -> http://127.0.0.1:{port} cannot be reached: connection refused\n"
        assert before.count(warning) == warned_before
        hint = f"probe.doctor --target openai-compatible --upstream model=http://127.0.0.1:{port}\n"
        assert (hint in before) == bool(warned_before)
        # While the agent still runs, and once.
        meanwhile = after.partition("captured 2 exchanges")[0]
        assert meanwhile.count("WARNING: the agent's requests get no answer: ") == 1
        assert meanwhile.index("WARNING: the agent's requests") < meanwhile.index("2 of 2 exchanges got no answer")


@pytest.mark.slow
@pytest.mark.parametrize("script", ["capture", "pipeline"])
def test_an_agent_that_fails_because_nothing_answers_has_the_upstream_for_its_likely_reason(
    tmp_path: Path, script: str
) -> None:
    (port,) = free_ports(1)
    words = ["--target=demo", f"--upstream=model=http://127.0.0.1:{port}", "--prompt=x"]
    with Running(tmp_path, f"probe.{script}", *words) as running:
        assert running.wait() == 1
        assert "exit code 1, likely because the upstream did not answer its requests (the WARNING" in running.stderr
        assert "its own output above says why" not in running.stderr
        assert running.stderr.count("note: the recording demo/sample does not answer: --upstream is given\n") == 1
        assert "Errno" not in running.stderr
        assert f"127.0.0.1:{port}: connection refused" in running.records()[0]["error"]


@pytest.mark.slow
def test_an_upstream_that_answers_is_not_warned_of(tmp_path: Path) -> None:
    with provider_running() as provider:
        words = ["--target=openai-compatible", f"--upstream=model={provider.url}", "--", sys.executable, "-c", TWICE]
        with Running(tmp_path, "probe.pipeline", *words) as running:
            assert running.wait() == 0, running.stderr
            assert "WARNING" not in running.stderr
            # Connecting sends nothing.
            assert len(provider.log.requests) == 2


def test_asking_the_agent_for_its_version_shows_it_neither_key_nor_proxy(tmp_path: Path) -> None:
    # An agent that takes every word for a prompt.
    agent = tmp_path / "bin" / "codex"
    agent.parent.mkdir()
    agent.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "with open(os.environ['HOME'] + '/calls', 'a') as calls:\n"
        "    print(sys.argv[1:][-1:], os.environ.get('CODEX_API_KEY'), 'OPENAI_BASE_URL' in os.environ, file=calls)\n"
    )
    agent.chmod(0o755)
    env = {"PATH": f"{agent.parent}:{os.environ['PATH']}", "CODEX_API_KEY": "sk-planted-0123456789"}
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", "codex", "hello", env=env) as running:
        running.wait()
    calls = sorted((tmp_path / "home" / "calls").read_text().splitlines())
    assert calls == ["['--version'] None False", "['hello'] sk-planted-0123456789 True"]


def test_a_replay_says_what_was_not_asked_for(tmp_path: Path) -> None:
    replay = str(PROJECT / "data" / "codex" / "sample")
    ask = f"""
import json, os, urllib.request
body = json.loads(open({replay + "/traffic.jsonl"!r}).readline())["request"]["body"]
body["input"][0]["content"][0]["text"] = "Write a haiku."
url = os.environ["OPENAI_BASE_URL"] + "/responses"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=30).read()
"""
    words = ["--target", "codex", "--replay", replay, "--", sys.executable, "-c", ask]
    with Running(tmp_path, "probe.capture", *words) as running:
        assert running.wait() == 0, running.stderr
        differs, unasked = running.manifest()["notes"]
        assert unasked == "2 of the recorded answers were not asked for"
        assert differs == (
            'call 1 differs at input[0].content[0].text (now "Write a haiku.", '
            'recorded "Write a function that checks whether a number is prime."); it got the nearest recorded answer'
        )
        assert f"note: {differs}\nnote: {unasked}\n" in running.stderr
        assert running.stderr.splitlines()[0] == "replaying codex/sample"


@pytest.mark.slow
def test_a_replay_leaves_the_users_own_settings_of_the_agent_out(tmp_path: Path) -> None:
    show = "import os; print(os.environ['CODEX_HOME'], os.listdir(os.environ['CODEX_HOME']))"
    replay = str(PROJECT / "data" / "codex" / "sample")
    words = ["--target", "codex", "--replay", replay, "--", sys.executable, "-c", show]
    with Running(tmp_path, "probe.capture", *words, env={"CODEX_HOME": "/my/own"}) as running:
        running.wait()
        folder = running.run_folder()
        assert running.stdout.splitlines()[0] == f"{folder / '.agent-folders' / 'CODEX_HOME'} []"
        assert not (folder / ".agent-folders").exists()


@pytest.mark.slow
def test_a_damaged_manifest_hides_no_other_run(tmp_path: Path) -> None:
    damaged = tmp_path / "data" / "codex" / "20260101T000000Z"
    damaged.mkdir(parents=True)
    (damaged / "manifest.json").write_text("{")
    with provider_running() as provider:
        url = f"--upstream=model=http://127.0.0.1:{provider.port}"
        with Running(tmp_path, "probe.pipeline", "--target=codex", url, "--", sys.executable, "-c", TWICE) as running:
            assert running.wait() == 0, running.stderr
    with Running(tmp_path, "probe.runs", "--json") as listed:
        assert listed.wait() == 0
        assert [run["state"] for run in json.loads(listed.stdout)] == ["ended", "damaged"]


def test_a_report_is_never_written_over_its_recording(tmp_path: Path) -> None:
    recording = tmp_path / "traffic.jsonl"
    shutil.copy(PROJECT / "data" / "codex" / "sample" / "traffic.jsonl", recording)
    before = recording.read_bytes()
    with Running(tmp_path, "probe.analyze", "--input", str(recording), "--output", str(recording)) as running:
        assert running.wait() == 2
        assert "is the recording itself" in running.stderr
    assert recording.read_bytes() == before


NOTHING = {
    "an empty file": (b"", ""),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", " (line 1: "),
    "other JSON": (b'{"a": 1}\n[1]\n', " (line 1: Object missing required field `timestamp`)"),
}


@pytest.mark.parametrize(("content", "why"), NOTHING.values(), ids=NOTHING.keys())
def test_a_file_without_an_exchange_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "other.jsonl").write_bytes(content)
    with Running(tmp_path, "probe.analyze", "--input", "other.jsonl") as running:
        assert running.wait() == 2
        error, hint = running.stderr.splitlines()
        assert error.startswith(f"error: other.jsonl: no line of it is an exchange{why}")
        assert '"timestamp"' in hint
        assert running.stdout == ""
    assert not list(tmp_path.glob("*.md"))


def test_the_report_of_a_bundled_runs_file_is_not_written_into_the_checkout(tmp_path: Path) -> None:
    folder = PROJECT / "data" / "codex" / "sample"
    before = sorted(folder.iterdir())
    with Running(tmp_path, "probe.analyze", "--input", str(folder / "traffic.jsonl"), "--target", "codex") as running:
        assert running.wait() == 0, running.stderr
        assert running.stdout == f"{PROJECT / 'data' / '.samples' / 'codex' / 'sample' / 'report.md'}\n"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("source", [["--input", str(PROJECT / "data/demo/sample/traffic.jsonl")], ["--run", "sample"]])
def test_a_report_makes_no_folder(tmp_path: Path, source: list[str]) -> None:
    shutil.copytree(PROJECT / "data" / "demo" / "sample", tmp_path / "data" / "demo" / "sample")
    with Running(tmp_path, "probe.analyze", *source, "--output", "nowhere/x/full.md") as running:
        assert running.wait() == 2
        assert "error: --output nowhere/x/full.md: there is no folder nowhere/x\n" in running.stderr
    assert not (tmp_path / "nowhere").exists()


FOLDERS = {
    "an input": (
        ["probe.analyze", "--input", "data"],
        ["error: data is a folder, not a file\n", "probe.analyze --run data"],
    ),
    "a report": (
        ["probe.analyze", "--run", "demo/sample", "--output", "data"],
        ["error: --output data: it is a folder\n", "name a file, for example data/report.md"],
    ),
    "a file as the folder of all runs": (
        ["probe.runs", "--data-dir", "README.md"],
        ["README.md is not a folder\n", "name the folder of all runs with --data-dir"],
    ),
    "such a file for a new run": (
        ["probe.capture", "-t", "demo", "--prompt", "x", "--data-dir", "README.md"],
        ["README.md is not a folder\n"],
    ),
}


@pytest.mark.parametrize(("words", "parts"), FOLDERS.values(), ids=FOLDERS.keys())
def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path, words: list[str], parts: list[str]) -> None:
    shutil.copytree(PROJECT / "data" / "demo" / "sample", tmp_path / "data" / "demo" / "sample")
    (tmp_path / "README.md").write_text("mine")
    with Running(tmp_path, *words) as running:
        assert running.wait() == 2
        for part in parts:
            assert part in running.stderr


def test_half_a_surrogate_pair_costs_no_line(tmp_path: Path) -> None:
    line = '{"timestamp": 1.5, "request": {"method": "GET", "url": "https://x.test/a", "body": "a\\ud800b"}}'
    (tmp_path / "old.jsonl").write_text(line + "\n")
    with Running(tmp_path, "probe.analyze", "--input", "old.jsonl", "--output", "out.md") as running:
        assert running.wait() == 0, running.stderr
        assert "a?b" in (tmp_path / "out.md").read_text()


def test_a_run_whose_recording_was_deleted_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "demo" / "20260101T000000Z"
    folder.mkdir(parents=True)
    Manifest(folder, {"target": "demo", "counts": {"written": 3}}).update()
    with Running(tmp_path, "probe.analyze", "--run", "latest") as running:
        assert running.wait() == 1
        assert "was deleted or emptied" in running.stderr


def test_a_failed_start_deletes_nothing_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (port,) = free_ports(1)
    words = ["--target", "demo", "--prompt", "x", "--output-dir", str(tmp_path / "mine")]
    with Running(tmp_path, "probe.capture", *words, "--upstream-proxy", f"http://127.0.0.1:{port}") as running:
        assert running.wait() == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_pruning_counts_recordings_and_their_replays_apart(tmp_path: Path) -> None:
    asked, of_target = "command line", "targets/demo.yaml"
    for name, source in {"1": None, "2": None, "3": asked, "4": asked, "5": of_target}.items():
        folder = tmp_path / "data" / "demo" / name
        folder.mkdir(parents=True)
        facts = {"schema": 1, "target": "demo", "run": name, "started": f"2026-01-0{name}T00:00:00Z"}
        replay = {"replay_of": "demo/sample", "settings": {"replay": {"value": "demo/sample", "source": source}}}
        (folder / "manifest.json").write_text(json.dumps(facts | (replay if source else {})))
        (folder / "traffic.jsonl").write_text("")
    with Running(tmp_path, "probe.runs", "--prune", "1") as running:
        assert running.wait() == 0
        first, *deleted = running.stderr.splitlines()
    assert first == "deleting 3 of 5 runs: 2 recorded, 1 replay"
    # The demo always replays: its runs are recordings.
    assert sorted(deleted) == ["deleted demo/1", "deleted demo/2", "deleted demo/3"]
    assert sorted(path.name for path in (tmp_path / "data" / "demo").iterdir()) == ["4", "5"]


def test_pruning_deletes_only_what_is_a_run_of_ours(tmp_path: Path) -> None:
    foreign = tmp_path / "data" / "app" / "public"
    foreign.mkdir(parents=True)
    (foreign / "manifest.json").write_text('{"name": "a web app"}')
    with Running(tmp_path, "probe.runs", "--prune", "0") as running:
        assert running.wait() == 0
    assert (foreign / "manifest.json").exists()


def test_an_agent_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    agent = tmp_path / "agent.sh"
    agent.write_text("no interpreter line\n")
    agent.chmod(0o755)
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", "./agent.sh") as running:
        assert running.wait() == 2
        assert "cannot be started" in running.stderr


@pytest.mark.slow
def test_the_demos_proxies_say_what_to_start_and_which_key_it_needs(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with Running(tmp_path, "probe.proxies", "--target", "demo", "--port", f"model={port}") as running:
        running.until_said("Ctrl-C ends it")
        assert "export OPENAI_API_KEY=…" in running.stdout
        assert 'Start the demo with: demo-agent "Write a prime checker"' in running.stdout
        running.send(signal.SIGINT)
        assert running.wait() == 130


def test_a_program_named_by_a_relative_path_is_found_whatever_the_agents_folder(tmp_path: Path) -> None:
    agent = tmp_path / "agent.sh"
    agent.write_text("#!/bin/sh\npwd\n")
    agent.chmod(0o755)
    (tmp_path / "elsewhere").mkdir()
    words = ["--target", "codex", "--cwd", "elsewhere", "--", "./agent.sh"]
    with Running(tmp_path, "probe.capture", *words) as running:
        assert running.wait() == 1  # nothing captured
        assert running.stdout.splitlines()[0] == str(tmp_path / "elsewhere")


@pytest.mark.slow
def test_a_prompt_that_is_no_utf_8_is_recorded_as_it_can_be(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", "--target", "demo", "--prompt", os.fsdecode(b"a\xffb")) as running:
        running.wait()
        assert "bug of ours" not in running.stderr


WHERE = "import os; print('works in', os.getcwd(), os.environ['PWD'])"


def test_the_folder_that_an_agent_works_in_is_the_one_that_its_environment_names(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    options = ["--target", "openai-compatible", "--cwd", str(work), "--", sys.executable, "-c", WHERE]
    with Running(tmp_path, "probe.capture", *options, env={"PWD": str(PROJECT)}) as running:
        running.wait()
        assert f"works in {work} {work}" in running.stdout


@pytest.mark.slow
def test_a_replayed_agent_does_not_learn_the_users_folder_from_its_environment(tmp_path: Path) -> None:
    options = ["--target", "codex", "--replay", "codex/tool-loop", "--", sys.executable, "-c", WHERE]
    with Running(tmp_path, "probe.capture", *options, env={"PWD": str(PROJECT)}) as running:
        running.wait()
        (line,) = [line for line in running.stdout.splitlines() if line.startswith("works in")]
        really, told = line.split()[2:]
        assert Path(really).resolve() == Path(told).resolve() != PROJECT


LINGERS = """
import os, time, urllib.request
body = b'{"model": "m", "input": "Hello"}'
request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/responses", body)
urllib.request.urlopen(request, timeout=30).read()
print("asked", flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_a_run_that_was_interrupted_is_taken_up_and_told(tmp_path: Path) -> None:
    with provider_running() as provider:
        upstream = f"--upstream=model={provider.url}"
        words = ["--target", "openai-compatible", upstream, "--", sys.executable, "-c", LINGERS]
        with Running(tmp_path, "probe.pipeline", *words) as running:
            running.until(lambda: "asked" in running.stdout, "the agent's request")
            running.send(signal.SIGTERM)
            assert running.wait() == 143
            running.until_nothing_runs()
            run = running.run_folder()
            assert f"{sys.executable} -m probe.pipeline --run {run.name}" in running.stderr
    assert not (run / "report.md").exists()
    with Running(tmp_path, "probe.pipeline", "--run", run.name) as again:
        assert again.wait() == 0, again.stderr
        assert again.stdout.splitlines() == [
            f"record: {run / 'traffic.jsonl'}",
            f"manifest: {run / 'manifest.json'}",
            f"report: {run / 'report.md'}",
            f"page: {run / 'report.html'}",
        ]
    with Running(tmp_path, "probe.pipeline", "--run", run.name, "--prompt", "Another") as refused:
        assert refused.wait() == 2
        assert f"run {run.name} is recorded already: --prompt would change nothing" in refused.stderr


def test_a_missing_key_is_the_first_reason_that_nothing_was_captured(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", "--target", "claude-code", "--", sys.executable, "-c", "") as running:
        assert running.wait() == 1
        assert "likely reasons:\n  - no key is set" in running.stderr
