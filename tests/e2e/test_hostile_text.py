"""Whatever came over the wire, or was written into a run, the terminal gets nothing that it would obey."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from probe.places import PROJECT
from tests.support.running import Running
from tests.support.upstream import Handler, upstream_running

pytestmark = pytest.mark.slow

EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\x7f\x08\r\u202etxt.exe\u2066\u200b\ufeff\u2028\u0085\nFORGED"
"""Escape sequences, C1 controls, what turns text around or hides it, and a line that is none of ours."""


def dangerous(text: str) -> set[str]:
    """Return the characters of an output that a terminal or a reader would be misled by."""
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n", "\t"}


def check(running: Running) -> None:
    """Fail where a script has said anything dangerous, or a line that the wire wrote."""
    for text in (running.stdout, running.stderr):
        assert dangerous(text) == set()
        assert [line for line in text.splitlines() if re.match(r"\W*FORGED", line)] == []
        assert "Traceback" not in text
        assert "this is a bug in agent-probe" not in text


def evil(value: Any) -> Any:
    """Put hostile text into every text of a JSON value, keys included, but where it says how a record is made."""
    if isinstance(value, dict):
        return {key: item if key in KEPT else evil(item) for key, item in value.items()}
    if isinstance(value, list):
        return [evil(item) for item in value]
    return value + EVIL if isinstance(value, str) else value


KEPT = ("schema", "body_kind", "started", "ended", "finished", "sha256", "direction", "type", "target", "steps")


@pytest.fixture(params=["tool-loop", "tool-loop-websocket"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Make a run of which every text is hostile: the manifest's, and those of its records."""
    folder = tmp_path / "data" / "codex" / "20260101T000000Z"
    shutil.copytree(PROJECT / "data/codex" / request.param, folder)
    manifest = evil(json.loads((folder / "manifest.json").read_text()))
    del manifest["bundled"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    lines = [json.loads(line) for line in (folder / "traffic.jsonl").read_text().splitlines()]
    hostile = [evil(line) | {"error": EVIL, "id": EVIL} for line in lines]
    malformed = ['{"timestamp": "' + EVIL, json.dumps({"timestamp": 1.5, EVIL: {}, "request": {"method": [EVIL]}})]
    text = "\n".join([*map(json.dumps, hostile), *map(json.dumps, hostile), *malformed, EVIL])
    (folder / "traffic.jsonl").write_text(text)
    return folder


SCRIPTS = {
    "runs": (["runs"], 0),
    "runs as JSON": (["runs", "--json"], 0),
    "verify": (["verify", "--run", "latest"], 1),
    "verify as JSON": (["verify", "--run", "latest", "--json"], 1),
    "analyze": (["analyze", "--run", "latest"], 1),
    "analyze a file": (["analyze", "--input", "{run}/traffic.jsonl", "--output", "{run}/out.md"], 0),
    "analyze with another target": (["analyze", "--run", "{run}", "--target", "demo"], 1),
    "pipeline": (["pipeline", "--run", "latest"], 1),
    "an ambiguous run": (["analyze", "--run", "2"], 1),
    "doctor": (["doctor", "--target", "codex", "--replay", "codex/2"], 1),
    "prune": (["runs", "--prune", "0"], 0),
}


@pytest.mark.parametrize(("words", "code"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_hostile_run_says_nothing_dangerous(tmp_path: Path, run: Path, words: list[str], code: int) -> None:
    script, *rest = [word.format(run=run) for word in words]
    with Running(tmp_path, f"probe.{script}", *rest) as running:
        assert running.wait() == code, running.stderr
        check(running)
        if "--json" in rest:
            json.loads(running.stdout)
    for report in run.glob("*.md"):
        # In a report these are spelled out, but for the line end of a body that is shown.
        assert dangerous(report.read_text()) == set()


def test_a_replay_of_a_hostile_run_says_nothing_dangerous(tmp_path: Path, run: Path) -> None:
    with Running(tmp_path, "probe.replay", "--run", str(run)) as running:
        running.until_said("Ctrl-C ends it")
        running.send(signal.SIGINT)
        running.wait()
        check(running)


NAMES = {
    "an escape sequence": "20260202T000000Z\x1b[2J",
    "what turns text around": "20260202T000000Z\u202e",
    "C1 controls": "20260202T000000Z\x9b31m",
    "a line end": "20260202T000000Z\nFORGED",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("words", [["runs"], ["verify"], ["analyze"], ["pipeline", "--run", "latest"]], ids=str)
def test_a_run_with_a_hostile_name_says_nothing_dangerous(
    tmp_path: Path, run: Path, words: list[str], name: str
) -> None:
    run.rename(run.with_name(name))
    with Running(tmp_path, f"probe.{words[0]}", *words[1:]) as running:
        running.wait()
        check(running)


def evil_head(handler: Handler) -> None:
    """Answer with a head that is hostile in every place that may be."""
    text = EVIL.encode().replace(b"\r", b"").replace(b"\n", b"")
    handler.wfile.write(b"HTTP/1.1 200 " + text + b"\r\nX-" + b"A: " + text + b"\r\nContent-Length: 2\r\n\r\n{}")


def not_http(handler: Handler) -> None:
    """Answer with something else than HTTP."""
    handler.wfile.write(EVIL.encode() + b"\r\n\r\n")
    handler.close_connection = True


def bad_header(handler: Handler) -> None:
    """Answer with a header that is none."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + EVIL.encode() + b"\r\n\r\n")
    handler.close_connection = True


ANSWERS = {"a hostile head": evil_head, "no HTTP": not_http, "no header": bad_header}
ASK = """
import http.client, os, sys, urllib.parse
url = urllib.parse.urlsplit(os.environ["OPENAI_BASE_URL"])
connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
connection.request("POST", "/v1/responses", b"{}")
print(connection.getresponse().status, flush=True)
"""


@pytest.fixture
def agent(tmp_path: Path) -> dict[str, str]:
    """Make an agent that asks once and has a hostile version; give the environment that has it."""
    program = tmp_path / "bin" / "codex"
    program.parent.mkdir()
    version = f"import sys\nif '--version' in sys.argv: sys.exit(sys.stdout.buffer.write({EVIL.encode()!r}))\n"
    program.write_text(f"#!{sys.executable}\n{version}{ASK}")
    program.chmod(0o700)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_hostile_upstream_and_a_hostile_version_say_nothing_dangerous(
    tmp_path: Path, agent: dict[str, str], answer: Any
) -> None:
    with upstream_running({"/v1/responses": answer}) as upstream:
        words = ["--target", "codex", f"--upstream=model={upstream.url}", "--", "codex"]
        with Running(tmp_path, "probe.pipeline", *words, env=agent) as running:
            assert running.wait() in (0, 1), running.stderr
            check(running)
            assert dangerous((running.run_folder() / "report.md").read_text()) == set()
            assert "title" in running.manifest()["versions"]["agent"]
    for script, *rest in (["runs"], ["verify"], ["doctor", "--target", "codex"]):
        with Running(tmp_path, f"probe.{script}", *rest, env=agent) as running:
            running.wait()
            check(running)


def test_the_demo_agent_shows_a_hostile_answer_without_obeying_it(tmp_path: Path) -> None:
    def speak(handler: Handler) -> None:
        said = {"type": "response.output_text.delta", "delta": EVIL}
        thought = {"type": "response.reasoning_summary_text.done", "text": EVIL}
        call = {"type": "function_call", "name": EVIL, "call_id": "c", "arguments": json.dumps({"path": EVIL})}
        failed = {"type": "response.failed", "response": {"error": {"message": EVIL}}}
        events = [said, thought, {"type": "response.output_item.done", "item": call}, failed]
        handler.whole(
            "".join(f"data: {json.dumps(one)}\n\n" for one in events).encode(), ("Content-Type", "text/event-stream")
        )

    with upstream_running({"/v1/responses": speak}) as upstream:
        words = ["--target", "demo", "--replay", "", f"--upstream=model={upstream.url}", "--prompt", "Go"]
        env = {"OPENAI_API_KEY": "sk-demo-0123456789"}
        with Running(tmp_path, "probe.capture", *words, env=env) as running:
            assert running.wait() == 1
            assert dangerous(running.stdout) == dangerous(running.stderr) == set()
            assert "txt.exe" in running.stdout
