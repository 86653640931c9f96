"""Real agents in forward mode: they have no base URL, and each byte that they exchange is on record all the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import require_agent
from tests.e2e.test_codex import KEY, assert_record_is_what_crossed
from tests.support import agents, sigv4
from tests.support.answers import FOUND
from tests.support.certificates import Authority
from tests.support.forward_proxy import ForwardProxy, proxy_running
from tests.support.login import ACCOUNT, REFRESH_TOKEN, write_login
from tests.support.loops import NONCE, assert_shows_loop, outside, plant
from tests.support.provider import Provider, provider_running
from tests.support.running import Running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

ANTHROPIC_KEY = "sk-ant-api03-planted-0123456789"
AWS = {"AWS_ACCESS_KEY_ID": sigv4.KEY_ID, "AWS_SECRET_ACCESS_KEY": sigv4.SECRET, "AWS_REGION": "eu-central-1"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """An agent, its target, and what it asks."""

    agent: agents.Agent
    target: str
    host: str
    path: str
    """The end of the path of a call of the model."""
    api: str
    beside: tuple[str, ...] = ()
    """What else it asks."""
    keys: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.agent}, {self.target}"


CASES = (
    *(
        Case(
            agent=codex,
            target="codex-forward",
            host="api.openai.com",
            path="/responses",
            api="openai_responses",
            beside=("chatgpt.com",),
            keys={"CODEX_API_KEY": KEY},
        )
        for codex in (agents.CODEX_OLD, agents.CODEX)
    ),
    Case(
        agent=agents.CLAUDE_CODE,
        target="claude-code-forward",
        host="api.anthropic.com",
        path="/v1/messages?beta=true",
        api="anthropic_messages",
        keys={"ANTHROPIC_API_KEY": ANTHROPIC_KEY},
    ),
    Case(
        agent=agents.CLAUDE_CODE,
        target="claude-code-bedrock-forward",
        host="bedrock-runtime.eu-central-1.amazonaws.com",
        beside=("bedrock.eu-central-1.amazonaws.com",),
        path="/invoke-with-response-stream",
        api="bedrock",
        keys=AWS,
    ),
)


@contextmanager
def world(folder: Path, *hosts: str) -> Iterator[tuple[Provider, ForwardProxy, list[str]]]:
    """Serve TLS under these names; give the options by which the listener finds them, and reaches nothing else."""
    authority = Authority()
    (folder / "ca.pem").write_bytes(authority.pem)
    with (
        provider_running(ssl_context=authority.server_context(*hosts)) as provider,
        proxy_running(hosts=dict.fromkeys(hosts, provider.port)) as proxy,
    ):
        yield provider, proxy, [f"--upstream-proxy={proxy.url}", f"--upstream-ca={folder / 'ca.pem'}"]


def environment(agent: agents.Agent, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a user who has the agent and its keys."""
    return {"PATH": f"{require_agent(agent).parent}:{os.environ['PATH']}", **keys}


def asked(records: Sequence[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """Return the records of the model's endpoint."""
    return [one for one in records if one["request"]["url"].endswith(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_tool_loop_is_recorded_byte_for_byte(tmp_path: Path, case: Case) -> None:
    env = environment(case.agent, case.keys)
    workspace = plant(tmp_path / "workspace")
    hosts = [case.host, *case.beside]
    with world(tmp_path, *hosts) as (provider, proxy, options):
        words = ["--target", case.target, *options, "--prompt", "List the files", "--cwd", str(workspace)]
        with Running(tmp_path, "probe.pipeline", *words, env=env) as running:
            assert running.wait() == 0, running.stderr
            running.until_nothing_runs()
            records = running.records()
            assert_record_is_what_crossed(records, provider.log)
            calls = asked(records, case.path)
            assert {one["request"]["url"].split("/")[2] for one in calls} == {case.host}
            assert {one["listener"] for one in calls} == {"model"}
            # The tool was really run: its output went back to the model.
            assert str(NONCE) in json.dumps(calls)
            assert_shows_loop((running.run_folder() / "report.md").read_text(), case.api)
            manifest = running.manifest()
            assert (manifest["counts"]["cut_short"], manifest["problems"]) == (0, [])
            assert manifest["coverage"]["source"] == "forward mode"
    assert outside(proxy.seen) <= {f"{host}:443" for host in hosts}
    assert sorted(file.name for file in workspace.iterdir()) == ["planted.txt"]
    for file in (file for file in (tmp_path / "data").rglob("*") if file.is_file()):
        text = file.read_bytes()
        assert not any(secret.encode() in text for name, secret in case.keys.items() if name != "AWS_REGION"), file


@pytest.mark.parametrize("case", CASES[1:3], ids=str)
def test_its_recording_answers_it_offline(tmp_path: Path, case: Case) -> None:
    env = environment(case.agent, case.keys)
    recorded, replayed = tmp_path / "recorded", tmp_path / "replayed"
    for folder in (recorded, replayed):
        folder.mkdir()
    words = ["--target", case.target, "--prompt", "List the files"]
    with (
        world(recorded, case.host, *case.beside) as (_, _, options),
        Running(recorded, "probe.capture", *words, *options, f"--cwd={recorded}", env=env) as running,
    ):
        assert running.wait() == 0, running.stderr
        run, number = running.run_folder(), len(asked(running.records(), case.path))
    with Running(replayed, "probe.pipeline", *words, f"--replay={run}", env=env) as running:
        assert running.wait() == 0, running.stderr
        assert FOUND in (running.run_folder() / "report.md").read_text()
        assert len(asked(running.records(), case.path)) == number
        assert running.manifest()["problems"] == []


def test_a_chatgpt_login_needs_no_other_provider(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    token = write_login(tmp_path / "home")
    env = environment(agents.CODEX, {})
    with world(tmp_path, "chatgpt.com") as (provider, proxy, options):
        words = ["--target", "codex-forward", *options, "--prompt", "List the files", "--cwd", str(tmp_path)]
        with Running(tmp_path, "probe.pipeline", *words, env=env) as running:
            assert running.wait() == 0, running.stderr
            records = running.records()
            assert_record_is_what_crossed(records, provider.log)
            assert {one["listener"] for one in asked(records, "/backend-api/codex/responses")} == {"backend"}
            assert FOUND in running.stdout
    assert {one.target for one in proxy.seen} == {"chatgpt.com:443"}
    for file in (file for file in (tmp_path / "data").rglob("*") if file.is_file()):
        assert not any(secret.encode() in file.read_bytes() for secret in (token, ACCOUNT, REFRESH_TOKEN)), file


def test_a_signed_request_of_claude_code_is_as_it_was_signed(tmp_path: Path) -> None:
    env = environment(agents.CLAUDE_CODE, AWS)
    with world(tmp_path, CASES[-1].host, *CASES[-1].beside) as (provider, _, options):
        words = ["--target", CASES[-1].target, *options, "--prompt", "List the files", "--cwd", str(tmp_path)]
        with Running(tmp_path, "probe.capture", *words, env=env) as running:
            assert running.wait() == 0, running.stderr
        calls = [one for one in provider.log.requests if one.path.endswith(CASES[-1].path)]
    assert len(calls) >= 2
    for call in calls:
        headers = {name.lower(): value for name, value in call.headers}
        assert sigv4.is_signed(call.method, call.path, headers, call.body), headers
