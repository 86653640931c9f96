"""The real Codex, both versions, behind the real mitmproxy."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.login import ACCOUNT, REFRESH_TOKEN, write_login
from tests.support.provider import Provider, provider_running
from tests.support.running import Running
from tests.support.wirelog import WireLog

pytestmark = [pytest.mark.codex, pytest.mark.timeout(300)]

KEY = "sk-planted-0123456789"


def environment(codex: Path) -> dict[str, str]:
    import os

    return {"PATH": f"{codex.parent}:{os.environ['PATH']}", "CODEX_API_KEY": KEY}


def against(provider: Provider, target: str = "codex") -> list[str]:
    names = ["model", "backend"] if target == "codex" else ["model"]
    return ["--target", target, *(f"--upstream={name}=http://127.0.0.1:{provider.port}" for name in names)]


def assert_record_is_what_crossed(records: list[dict[str, Any]], log: WireLog) -> None:
    """Compare every body and message with what the upstream really received and sent."""
    log.wait_settled()
    recorded, crossed = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for record in records:
        for part in ("request", "response"):
            recorded[part, record[part]["size"], record[part]["sha256"]] += 1
        for message in (record.get("websocket") or {}).get("messages", []):
            recorded[message["direction"], message["size"], message["sha256"]] += 1
    crossed.update(("request", one.decoded.size, one.decoded.sha256) for one in log.requests)
    crossed.update(("response", one.decoded.size, one.decoded.sha256) for one in log.responses)
    crossed.update((one.direction, one.decoded.size, one.decoded.sha256) for one in log.messages)
    assert recorded == crossed


def test_a_tool_loop_is_recorded_byte_for_byte(tmp_path: Path, codex_binary: Path) -> None:
    (tmp_path / "planted.txt").write_text("x")
    with provider_running() as provider:
        words = [*against(provider), "--prompt", "List the files", "--cwd", str(tmp_path)]
        with Running(tmp_path, "probe.pipeline", *words, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            running.until_nothing_runs()
            assert_record_is_what_crossed(running.records(), provider.log)
            # The tool was really run: its output went back to the model.
            assert "planted.txt" in json.dumps(running.records())
            assert running.manifest()["counts"]["cut_short"] == 0
            assert running.manifest()["versions"]["agent"].startswith("codex-cli ")
            report = (running.run_folder() / "report.md").read_text()
            assert "1,441" not in report.split("## Conversation log")[0]
            assert "I listed the files in this folder" in report
            assert KEY not in report
    with Running(tmp_path, "probe.verify", "--run", "latest") as verified:
        assert verified.wait() == 0, verified.stdout


def test_the_record_is_complete_when_codex_leaves_right_after_the_last_event(
    tmp_path: Path, codex_binary: Path
) -> None:
    with provider_running(transport="http", hold_open=3.0) as provider:
        words = [*against(provider), "--prompt", "List the files", "--cwd", str(tmp_path)]
        with Running(tmp_path, "probe.capture", *words, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            answers = [one for one in running.records() if one["request"]["method"] == "POST"]
            assert len(answers) == 2
            assert all("event: response.completed" in one["response"]["body"] for one in answers)
            assert running.manifest()["counts"]["cut_short"] == 0


def test_a_command_of_the_users_own_is_captured_with_its_borders(tmp_path: Path, codex_binary: Path) -> None:
    prompt = "explain 'this' \"repo\"  {prompt} $HOME"
    with provider_running() as provider:
        words = [*against(provider), "--", "codex", "exec", "--skip-git-repo-check", prompt]
        with Running(tmp_path, "probe.capture", *words, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            sent = [one.body for one in provider.log.requests] + [one.body for one in provider.log.messages]
            assert any(json.dumps(prompt)[1:-1].encode() in body for body in sent)
            assert running.manifest()["command"][-1] == prompt


@pytest.mark.parametrize("sample", ["tool-loop", "tool-loop-websocket"])
def test_each_bundled_recording_serves_each_version(tmp_path: Path, codex_binary: Path, sample: str) -> None:
    from probe.targets import PROJECT

    env = environment(codex_binary) | {"PROBE_DATA_DIR": str(tmp_path / "data")}
    replay = str(PROJECT / "data" / "codex" / sample)
    words = ["--target", "codex", "--replay", replay, "--prompt", "List the files"]
    with Running(tmp_path, "probe.pipeline", *words, env=env) as running:
        assert running.wait() == 0, running.stderr
        running.until_nothing_runs()
        assert "I listed the files in this folder" in (running.run_folder() / "report.md").read_text()
        assert running.manifest()["replay_of"] == f"codex/{sample}"
        assert running.manifest()["problems"] == []


def test_a_chatgpt_login_is_captured_and_stays_off_the_disk(tmp_path: Path, codex_binary: Path) -> None:
    (tmp_path / "home").mkdir()
    token = write_login(tmp_path / "home")
    with provider_running() as provider:
        words = [*against(provider, "codex-chatgpt"), "--prompt", "List the files", "--cwd", str(tmp_path)]
        with Running(tmp_path, "probe.pipeline", *words, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            assert_record_is_what_crossed(running.records(), provider.log)
            assert any("/backend-api/codex/responses" in one["request"]["url"] for one in running.records())
    for file in (tmp_path / "data").rglob("*"):
        text = file.read_bytes() if file.is_file() else b""
        assert not any(secret.encode() in text for secret in (token, ACCOUNT, REFRESH_TOKEN)), file
