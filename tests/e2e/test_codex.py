"""The real Codex, both versions, behind the real mitmproxy."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority
from tests.support.forward_proxy import proxy_running
from tests.support.login import ACCOUNT, REFRESH_TOKEN, write_login
from tests.support.loops import NONCE, assert_shows_loop, crossed, plant
from tests.support.proof import received
from tests.support.provider import Provider, provider_running
from tests.support.running import Running
from tests.support.wirelog import WireLog

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

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
    with provider_running() as provider:
        words = [*against(provider), "--prompt", "List the files", "--cwd", str(plant(tmp_path / "work"))]
        with Running(tmp_path, "probe.pipeline", *words, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            running.until_nothing_runs()
            assert_record_is_what_crossed(running.records(), provider.log)
            # The tool was really run: its output went back to the model.
            assert str(NONCE) in json.dumps(running.records())
            assert running.manifest()["counts"]["cut_short"] == 0
            assert running.manifest()["versions"]["agent"].startswith("codex-cli ")
            report = (running.run_folder() / "report.md").read_text()
            assert "1,441" not in report.split("\n## Turns\n")[0]
            assert_shows_loop(report, "openai_responses")
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


def test_a_recorded_codex_runs_again_and_gets_the_very_same(tmp_path: Path, codex_binary: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    prompt = f"--cwd={plant(first / 'work')}", "--prompt", "List the files"
    with (
        provider_running() as provider,
        Running(first, "probe.capture", *against(provider), *prompt, env=environment(codex_binary)) as run,
    ):
        assert run.wait() == 0, run.stderr
        recording, records = run.run_folder(), run.records()
    # A copy beside the recorded folder: the folder of both has one link more.
    words = [f"--run={recording}", f"--cwd={plant(first / 'copy')}"]
    with Running(again, "probe.replay_check", *words, env=environment(codex_binary)) as run:
        assert run.wait() == 0, run.stdout + run.stderr
        assert received(run.records()) == received(records)


@pytest.mark.parametrize("sample", ["tool-loop", "tool-loop-websocket"])
def test_each_bundled_recording_serves_each_version(tmp_path: Path, codex_binary: Path, sample: str) -> None:
    from probe.places import PROJECT

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
        work = plant(tmp_path / "work")
        words = [*against(provider, "codex-chatgpt"), "--prompt", "List the files", "--cwd", str(work)]
        with Running(tmp_path, "probe.pipeline", *words, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            assert_record_is_what_crossed(running.records(), provider.log)
            assert any("/backend-api/codex/responses" in one["request"]["url"] for one in running.records())
            assert_shows_loop((running.run_folder() / "report.md").read_text(), "openai_responses")
    for file in (tmp_path / "data").rglob("*"):
        text = file.read_bytes() if file.is_file() else b""
        assert not any(secret.encode() in text for secret in (token, ACCOUNT, REFRESH_TOKEN)), file


# -- what goes around the listeners ---------------------------------------------------------------------------------


def test_watching_what_goes_around_changes_nothing_for_codex(tmp_path: Path, codex_binary: Path) -> None:
    found = []
    for switch in ("--coverage", "--no-coverage"):
        folder = tmp_path / switch
        folder.mkdir()
        with provider_running() as provider:
            words = [switch, *against(provider), "--prompt", "List the files", "--cwd", str(folder)]
            with Running(folder, "probe.capture", *words, env=environment(codex_binary)) as running:
                code = running.wait()
                found.append((code, crossed(running.records()), running.stdout.splitlines()[:-1]))
                assert running.manifest()["coverage"].get("seen", 0) == 0
    assert found[0] == found[1]
    assert found[0][0] == 0


TALKATIVE = [
    "-c",
    "analytics.enabled=true",
    "-c",
    "otel.metrics_exporter=statsig",
    "-c",
    "check_for_update_on_startup=true",
    "-c",
    "features.plugins=true",
    "-c",
    "features.apps=true",
    "-c",
    'chatgpt_base_url="https://chatgpt.com/backend-api/"',
]
"""What the target switches off, on again: as codex is when it runs alone."""


def test_what_a_talkative_codex_says_around_the_listeners_is_seen(tmp_path: Path, codex_binary: Path) -> None:
    # The proxy refuses all but this machine: nothing of it gets out.
    with provider_running() as provider, proxy_running() as forward:
        words = [*against(provider), f"--upstream-proxy={forward.url}", "--coverage", "--cwd", str(tmp_path), "--"]
        command = ["codex", *TALKATIVE, "exec", "--skip-git-repo-check", "List the files"]
        with Running(tmp_path, "probe.pipeline", *words, *command, env=environment(codex_binary)) as running:
            assert running.wait() == 0, running.stderr
            hosts = {"chatgpt.com:443", "ab.chatgpt.com:443"}
            if running.manifest()["versions"]["agent"] != "codex-cli 0.98.0":
                hosts |= {"github.com:443", "api.github.com:443"}
            report = (running.run_folder() / "report.md").read_text()
    assert {one.target for one in forward.seen if not one.target.startswith("127.0.0.1:")} == hosts
    assert f"Captured 1 of {1 + len(hosts)} hosts; only seen: " in report
    for host in hosts:
        assert f"| `{host}` | only seen, " in report


def test_codex_itself_works_through_the_pass_through_listener(tmp_path: Path, codex_binary: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    base = "https://api.example.test/v1"
    with (
        provider_running(ssl_context=authority.server_context()) as provider,
        proxy_running(hosts={"api.example.test": provider.port}) as forward,
    ):
        # A base URL that the user has set would say where the listener leads to: this agent's own start sets it.
        wrapper = tmp_path / "bin" / "codex"
        wrapper.parent.mkdir()
        wrapper.write_text(f'#!/bin/sh\nOPENAI_BASE_URL={base} exec {codex_binary} "$@"\n')
        wrapper.chmod(0o755)
        options = ["--coverage", f"--upstream-proxy={forward.url}", "--"]
        command = ["codex", "-c", f'openai_base_url="{base}"', "exec", "--skip-git-repo-check", "List the files"]
        env = environment(wrapper) | {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
        words = [*against(provider), "--cwd", str(tmp_path), *options, *command]
        with Running(tmp_path, "probe.capture", *words, env=env) as running:
            # Nothing was captured, which is a failure of the run; the agent's own end was a good one.
            assert running.wait() == 1
            assert running.manifest()["agent_exit_code"] == 0, running.stderr
            assert "I listed the files in this folder" in running.stdout
            assert "it talked to other hosts instead: api.example.test:443" in running.stderr
            lines = (running.run_folder() / "tunnels.jsonl").read_text().splitlines()
    notes = [json.loads(line) for line in lines]
    assert {note["host"] for note in notes} == {"api.example.test"}
    # A WebSocket's messages are compressed.
    assert sum(note["sent"] for note in notes) > 1_000
    assert sum(note["received"] for note in notes) > 1_000
