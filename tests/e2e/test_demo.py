"""The demo: prompt to report with nothing from outside, and what a second run does."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from probe.record.manifest import Manifest
from probe.record.runs import all_runs
from probe.wire.ports import free_ports
from tests.support.running import Running

DEMO = ["probe.pipeline", "--target", "demo", "--prompt", "Write a prime checker"]


def test_the_main_line_runs_the_agent_and_prints_the_paths_of_its_files(tmp_path: Path) -> None:
    with Running(tmp_path, *DEMO) as running:
        assert running.wait() == 0, running.stderr
        running.until_nothing_runs()
        folder = running.run_folder()
        files = {"record": "traffic.jsonl", "manifest": "manifest.json", "report": "report.md", "page": "report.html"}
        *said, _, _, _, _ = lines = running.stdout.splitlines()
        assert lines[-4:] == [f"{label}: {folder / name}" for label, name in files.items()]
        # All before is the agent's own.
        assert said
        assert not any(str(folder) in line for line in said)
        assert "next: " not in running.stderr
        assert (folder / "workspace" / "prime.py").exists()
        report = (folder / "report.md").read_text()
        assert "- 3 exchanges in " in report
        assert report.splitlines()[2] == "No problems were found."
        assert "`write_file: " in report
        manifest = running.manifest()
        assert manifest["versions"]["agent"].startswith("demo-agent")
        assert manifest["replay_of"] == "demo/sample"
        assert manifest["folders"] == {"home": str(tmp_path / "home"), "run": str(folder.resolve())}
        assert manifest["utc_offset"] == time.localtime().tm_gmtoff
        assert manifest["timezone"]
        assert manifest["settings"]["replay"] == {"value": "demo/sample", "source": "targets/demo.yaml"}
        # The tool was really run: its output is in the request that followed.
        assert "91" in json.dumps(running.records()[2]["request"]["body"]["input"])


@pytest.mark.slow
def test_a_pipeline_ends_with_verify(tmp_path: Path) -> None:
    with Running(tmp_path, *DEMO) as running:
        assert running.wait() == 0, running.stderr
        folder = running.run_folder()
        assert f"demo/{folder.name}: 3 exchanges (0 cut short), 6 bodies" in running.stderr
        assert "OK   every body and message matches" in running.stderr
    traffic = folder / "traffic.jsonl"
    traffic.write_text(traffic.read_text().replace("prime", "primo", 1))
    with Running(tmp_path, "probe.pipeline", "--run", "latest") as again:
        assert again.wait() == 1
        assert "FAIL the files are as the capture left them" in again.stderr


@pytest.mark.slow
def test_a_folder_that_a_pipeline_chose_is_not_said_to_be_the_users(tmp_path: Path) -> None:
    for words, source in (([], "default"), ([f"--output-dir={tmp_path / 'mine'}"], "command line")):
        with Running(tmp_path, "probe.pipeline", "--target", "demo", "--prompt", "x", *words) as running:
            assert running.wait() == 0, running.stderr
            folder = tmp_path / "mine" if words else running.run_folder()
        described = json.loads((folder / "manifest.json").read_text())["settings"]["output_dir"]
        assert described == {"value": str(folder), "source": source}


@pytest.mark.slow
def test_everything_in_a_run_is_private(tmp_path: Path) -> None:
    with Running(tmp_path, *DEMO) as running:
        assert running.wait() == 0, running.stderr
        for path in [running.data, *running.data.rglob("*")]:
            mode = path.stat().st_mode & 0o777
            # What the agent made has the modes that the agent gave it; its folder keeps others out.
            if "prime.py" not in path.name:
                assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.slow
def test_a_step_that_is_up_to_date_is_skipped_and_a_run_is_taken_up(tmp_path: Path) -> None:
    with Running(tmp_path, *DEMO) as running:
        assert running.wait() == 0, running.stderr
        folder = running.run_folder()
    report = folder / "report.md"
    first = report.stat().st_mtime_ns
    with Running(tmp_path, "probe.pipeline", "--run", "latest") as again:
        assert again.wait() == 0
        assert "capture: up to date" in again.stderr
        assert "analyze: up to date" in again.stderr
    assert report.stat().st_mtime_ns == first
    report.unlink()
    with Running(tmp_path, "probe.pipeline", "--run", folder.name[:8]) as again:
        assert again.wait() == 0
        assert "analyze: up to date" not in again.stderr
    assert report.exists()
    with Running(tmp_path, "probe.analyze", "--force") as forced:
        assert forced.wait() == 0
        assert forced.stdout.strip() == str(report)
    assert len(all_runs(tmp_path / "data")) == 1


@pytest.mark.slow
def test_a_run_that_was_killed_before_its_first_request_is_captured_when_it_is_taken_up(tmp_path: Path) -> None:
    wait = [sys.executable, "-c", "import os, time; time.sleep(0 if os.environ.get('GO') else 300)"]
    with Running(tmp_path, "probe.capture", "--target", "demo", "--", *wait) as running:
        running.until(lambda: list(running.data.glob("demo/*/manifest.json")), "a manifest")
        running.until(lambda: "own_command" in running.manifest(), "the command in the manifest")
        running.process.kill()
        running.wait()
        running.until_nothing_runs()
        folder = running.run_folder()
    with Running(tmp_path, "probe.pipeline", "--run", "latest", env={"GO": "1"}) as again:
        # The same command, which captures nothing now either.
        assert again.wait() == 1
        assert "nothing was captured" in again.stderr
    assert Manifest.read(folder).data["own_command"] == wait


@pytest.mark.slow
def test_a_running_run_is_neither_taken_up_nor_pruned(tmp_path: Path) -> None:
    wait = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(300)"]
    with Running(tmp_path, "probe.capture", "--target", "demo", "--", *wait) as running:
        running.until_said("up")
        (tmp_path / "second").mkdir()
        env = {"PROBE_DATA_DIR": str(running.data)}
        with Running(tmp_path / "second", "probe.pipeline", "--run", "latest", env=env) as other:
            assert other.wait() == 2
            assert "still being recorded" in other.stderr
        with Running(tmp_path / "second", "probe.runs", "--prune", "0", "--json", env=env) as pruned:
            assert pruned.wait() == 0
            assert [run["state"] for run in json.loads(pruned.stdout)] == ["running"]
        running.send(signal.SIGTERM)
        assert running.wait() == 143


@pytest.mark.slow
def test_runs_lists_newest_first_and_prunes_the_oldest(tmp_path: Path) -> None:
    for _ in range(3):
        with Running(tmp_path, *DEMO) as running:
            assert running.wait() == 0, running.stderr
    with Running(tmp_path, "probe.runs", "--json") as listed:
        assert listed.wait() == 0
        names = [run["run"] for run in json.loads(listed.stdout)]
        assert {run["version"] for run in json.loads(listed.stdout)} == {"1.0"}
        assert names == sorted(names, reverse=True)
        assert len(names) == 3
    with Running(tmp_path, "probe.runs", "--prune", "1") as pruned:
        assert pruned.wait() == 0
        assert names[0] in pruned.stdout
        assert pruned.stderr.splitlines()[0] == "deleting 2 of 3 runs"
        assert f"deleted demo/{names[2]}" in pruned.stderr
    assert [run.name for run in all_runs(tmp_path / "data")] == names[:1]


def test_doctor_finds_nothing_wrong_with_the_demo(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with Running(tmp_path, "probe.doctor", "--target", "demo", "--port", f"model={port}") as running:
        assert running.wait() == 0, running.stdout
        lines = running.stdout.splitlines()
        assert [line for line in lines if line.startswith("FAIL")] == []
        assert any(line.startswith("OK   agent") and "demo-agent" in line for line in lines)
        assert any("replay" in line and "targets/demo.yaml" in line for line in lines)


def test_doctor_tells_what_is_missing_with_its_fix(tmp_path: Path) -> None:
    env = {"PATH": os.path.dirname(sys.executable), "HTTPS_PROXY": "http://127.0.0.1:9"}  # noqa: PTH120
    with Running(tmp_path, "probe.doctor", "--target", "codex", env=env) as running:
        assert running.wait() == 1
        said = running.stdout
        assert "FAIL 'codex' is not installed\n       fix: install it: npm install -g @openai/codex" in said
        assert "FAIL key CODEX_API_KEY or OPENAI_API_KEY is not set\n       fix: export CODEX_API_KEY=" in said
        assert "FAIL upstream proxy http://127.0.0.1:9: connection refused" in said
        assert "environment HTTPS_PROXY" in said


@pytest.mark.slow
def test_replay_serves_a_run_to_an_agent_that_is_started_by_hand(tmp_path: Path) -> None:
    agent = [sys.executable, str(Path(__file__).parents[2] / "probe" / "demo" / "agent.py"), "Write a prime checker"]
    with Running(tmp_path, *DEMO) as recorded:
        assert recorded.wait() == 0, recorded.stderr
    (tmp_path / "server").mkdir()
    env = {"PROBE_DATA_DIR": str(tmp_path / "data")}
    with Running(tmp_path / "server", "probe.replay", "--run", "latest", env=env) as server:
        server.until_said("http://127.0.0.1:")
        url = server.stdout.strip()
        with Running(tmp_path, command=agent, env={"OPENAI_BASE_URL": f"{url}/v1"}) as by_hand:
            assert by_hand.wait() == 0, by_hand.stderr
        with Running(tmp_path, command=agent, env={"OPENAI_BASE_URL": f"{url}/v1"}) as once_more:
            assert once_more.wait() == 1
            assert "used up: the recording has 1 answer to this call" in once_more.stderr
        chat = urllib.request.Request(f"{url}/v1/chat/completions", b'{"model": "m", "messages": []}')
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(chat, timeout=30)
        urllib.request.urlopen(f"{url}/v1/models", timeout=30).close()
        server.send(signal.SIGINT)
        assert server.wait() == 130
        assert "note: unknown endpoint, refused with status 400: POST /v1/chat/completions\n" in server.stderr
        assert "note: not in the recording, so it got an empty answer: GET /v1/models\n" in server.stderr
