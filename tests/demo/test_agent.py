"""The demo agent as a process, against a real server on loopback."""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from probe.places import PROJECT
from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges, read_unread
from probe.renderers.blocks import Usage
from probe.renderers.loader import load_renderer
from probe.trace.exchanges import ExchangeReader
from tests.replay.replays import SSE, post, replaying, stream
from tests.support.apis import responses_events as events
from tests.support.demo_provider import DONE, PRIME_CHECKER, DemoProvider
from tests.support.toolcalls import ToolCall

agent = importlib.import_module("probe.demo.agent")
PROMPT = "Write a prime checker"
SAMPLE = PROJECT / "data" / "demo" / "sample" / "traffic.jsonl"
# Nobody listens here: what an agent sends to this proxy is an error.
DEAD_PROXY = "http://127.0.0.1:9"


def asked(*more: dict[str, Any]) -> dict[str, Any]:
    """Return a request as the agent sends it; `more` is what the conversation has behind the prompt."""
    conversation = [{"type": "message", "role": "user", "content": PROMPT}, *more]
    settings = {"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"], "store": False}
    known = {"model": "demo-1", "instructions": agent.INSTRUCTIONS, "tools": agent.TOOLS}
    return {**known, "input": conversation, **settings, "stream": True}


def answered(body: Any, status: int = 200) -> Exchange:
    """Return the recorded answer to the agent's first call."""
    return post(1.0, body, request=asked(), status=status, headers=SSE if status == 200 else {})


def run_agent(base_url: str | None, folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the agent by its path, as a target does, in a folder of its own."""
    own = {"PATH": os.environ["PATH"], **env}
    if base_url is not None:
        own["OPENAI_BASE_URL"] = base_url
    command = [sys.executable, str(PROJECT / "probe" / "demo" / "agent.py"), *(arguments or [PROMPT])]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=60)


def test_a_prompt_is_worked_on_until_the_model_is_done(tmp_path: Path) -> None:
    with DemoProvider.running(pause=0.0) as provider:
        done = run_agent(f"{provider.url}/v1", tmp_path, OPENAI_API_KEY="sk-mine", HTTP_PROXY=DEAD_PROXY)
        provider.log.wait_settled()
        first, _, last = provider.log.requests
    assert (done.returncode, done.stdout) == (0, f"{DONE}\n")
    assert (tmp_path / "prime.py").read_text() == PRIME_CHECKER
    assert (first.path, first.header("authorization")) == ("/v1/responses", "Bearer sk-mine")
    outputs = [item for item in json.loads(last.body)["input"] if item["type"] == "function_call_output"]
    assert outputs[1]["output"] == "exit code 0\n1 is not prime\n2 is prime\n91 is not prime\n97 is prime\n"


def test_the_bundled_sample_is_such_a_run_and_replays(tmp_path: Path) -> None:
    malformed: list[tuple[int, str]] = []
    exchanges = list(read_exchanges(SAMPLE, lambda *line: malformed.append(line)))
    assert malformed == []
    reader = ExchangeReader(load_renderer("auto"))
    found = [reader.read(exchange) for exchange in read_unread(SAMPLE, lambda *line: malformed.append(line))]
    assert [len(one.turns) for one in found if one.complete] == [1, 1, 1]
    with replaying(exchanges) as replay:
        done = run_agent(f"{replay.url}/v1", tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{DONE}\n")
    assert (tmp_path / "prime.py").read_text() == PRIME_CHECKER
    assert (replay.server.problems, replay.server.notes) == ([], [])


def test_a_missing_base_url_is_the_user_s_mistake(tmp_path: Path) -> None:
    done = run_agent(None, tmp_path)
    assert done.returncode == 2
    assert "error: OPENAI_BASE_URL is ''\n  hint: " in done.stderr


def test_the_version_is_told_without_a_base_url(tmp_path: Path) -> None:
    done = run_agent(None, tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"demo-agent {agent.VERSION}\n")


FAILURES = {
    "an error of the API": (
        [answered({"error": {"message": "no such key"}}, 401)],
        "the API answers 401: no such key",
    ),
    "an error that is no JSON": (
        [answered("<h1>Bad gateway</h1>", 502)],
        "the API answers 502: no reason given",
    ),
    "a recording that has run out": ([], "the API answers 400: probe replay: call 1, unknown endpoint"),
    "a failed answer": (
        [answered('data: {"type":"response.failed","response":{"error":{"message":"overloaded"}}}\n\n')],
        "overloaded",
    ),
    "an incomplete answer": ([answered('data: {"type":"response.incomplete"}\n\n')], "response.incomplete"),
    "an answer that stops": ([answered(stream("x")[:60])], "error: "),
    "what a terminal would obey": (
        [answered('data: {"type":"error","message":"\\u001b[2Jgone"}\n\n')],
        "error: [2Jgone",
    ),
}


@pytest.mark.parametrize(("exchanges", "text"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_told_and_ends_with_1(exchanges: list[Exchange], text: str, tmp_path: Path) -> None:
    with replaying(exchanges) as replay:
        done = run_agent(f"{replay.url}/v1", tmp_path)
    assert done.returncode == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_base_url_where_nobody_listens_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    done = run_agent(f"http://127.0.0.1:{port}/v1", tmp_path)
    assert done.returncode == 1
    assert f"error: cannot talk to http://127.0.0.1:{port}/v1: " in done.stderr


def test_a_model_that_never_ends_is_ended(tmp_path: Path) -> None:
    call = events.tool_call(1, ToolCall(name="shell", payload='{"command":"true"}'))
    parts = events.turn(1, {}, [call], Usage(input=1, output=1, total=2))
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in parts)
    back = [part["item"] for part in parts if part["type"] == "response.output_item.done"]
    back.append({"type": "function_call_output", "call_id": back[-1]["call_id"], "output": "exit code 0\n"})
    exchanges = [post(float(number), body, request=asked(*back * number)) for number in range(12)]
    with replaying(exchanges) as replay:
        done = run_agent(f"{replay.url}/v1", tmp_path)
    assert done.returncode == 1
    left = 12 - agent.MOST_TURNS
    assert replay.server.notes[-1] == f"{left} of the recorded answers were not asked for"
    assert "not done after 10 turns" in done.stderr


CALLS: dict[str, tuple[str, Any, str]] = {
    "a file in a new folder": ("write_file", {"path": "a/b.txt", "content": "é"}, "wrote 2 bytes to a/b.txt"),
    "a file above the folder": ("write_file", {"path": "../x", "content": ""}, "error: ../x is not inside"),
    "an absolute path": ("write_file", {"path": "/tmp/x", "content": ""}, "error: /tmp/x is not inside"),
    "a way out by a link": ("write_file", {"path": "out/x", "content": ""}, "error: out/x is not inside"),
    "a name that no file can have": ("write_file", {"path": "a\0b", "content": ""}, "error: "),
    "the folder itself": ("write_file", {"path": ".", "content": ""}, "error: . is not inside"),
    "a command": ("shell", {"command": "echo hello; exit 3"}, "exit code 3\nhello\n"),
    "a command that leaves one behind": ("shell", {"command": "sleep 60 & echo started"}, "error: still running"),
    "an unknown tool": ("browse", {"path": "x"}, "error: there is no tool 'browse'"),
    "arguments that are no JSON": ("shell", None, "error: there is no tool 'shell' that takes these"),
}


@pytest.mark.parametrize(("name", "arguments", "output"), CALLS.values(), ids=CALLS.keys())
def test_a_tool_tells_the_model_what_happened(
    name: str, arguments: Any, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "out").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(agent, "SHELL_SECONDS", 1.0)
    call = {"name": name, "arguments": json.dumps(arguments) if arguments else "{"}
    assert agent.run_tool(call).startswith(output)
