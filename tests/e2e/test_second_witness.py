"""The real agents' own session files say what the wire says, and a difference between the two is named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probe.verify.__main__ import main as verify
from tests.conftest import require_agent
from tests.e2e.test_agents import CASES, Case, keys_of, recorded, running
from tests.support import agents
from tests.support.answers import FOUND
from tests.support.loops import PROMPT, plant
from tests.support.provider import provider_running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]


@dataclass(frozen=True, kw_only=True)
class Witness:
    """An agent that notes what it does."""

    case: Case
    usage: tuple[str, str]
    """A count of the last call's usage as the file has it, and another."""
    side: tuple[str, ...] = ()
    """What it asks the model for besides its work, which it does not note."""
    env: tuple[str, ...] = ()
    """Where it is to keep its files; {home} is a folder that stays."""


CODEX = ('"output_tokens":38', '"output_tokens":39')
OPENCODE = ('"output":38,', '"output":39,')
WITNESSES = {
    "codex over HTTP": Witness(case=Case(target="codex", agent=agents.CODEX_OLD, api="openai_responses"), usage=CODEX),
    "codex over a WebSocket": Witness(
        case=Case(target="codex", agent=agents.CODEX, api="openai_responses"), usage=CODEX, side=("warm-up",)
    ),
    "claude-code": Witness(case=CASES["claude-code"], usage=('"output_tokens":47', '"output_tokens":48')),
    "gemini-cli": Witness(
        case=CASES["gemini-cli"],
        usage=('"output":42,', '"output":43,'),
        side=("routing",),
        env=("--env=GEMINI_CLI_HOME={home}",),
    ),
    "opencode with OpenAI": Witness(case=CASES["opencode with OpenAI"], usage=OPENCODE, side=("title",)),
    "opencode with Anthropic": Witness(
        case=CASES["opencode with Anthropic"], usage=('"output":36,', '"output":37,'), side=("title",)
    ),
}
LOOP = {"calls": 2, "tool_calls": 1, "results": 1, "usages": 2}

Said = dict[str, Any]


def verified(run: Path, capsys: pytest.CaptureFixture[str], witness: str = "") -> tuple[int, list[str], Said]:
    """Compare a run with its agent's file; return exit code, differences and all that was said."""
    code = verify(["--run", str(run), "--json", f"--against-agent={witness}" if witness else "--against-agent"])
    said = json.loads(capsys.readouterr().out)
    return code, said["problems"]["against_agent"], said["second_witness"]


def in_text(file: Path, old: str, new: str) -> None:
    """Replace something in a session file, which must be there."""
    if file.suffix != ".db":
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        return
    with closing(sqlite3.connect(file)) as database, database:
        changed = database.execute("UPDATE part SET data = replace(data, ?, ?) WHERE instr(data, ?)", (old, new, old))
        assert changed.rowcount > 0


def plant_unknown(file: Path) -> None:
    """Add an entry of a kind that nobody knows, twice."""
    if file.suffix != ".db":
        with file.open("a") as opened:
            opened.write('{"type":"holo-call","payload":{"type":"holo-call"}}\n' * 2)
        return
    with closing(sqlite3.connect(file)) as database, database:
        columns = "id, message_id, session_id, time_created, time_updated"
        for number in range(2):
            database.execute(
                f"INSERT INTO part ({columns}, data) SELECT id || ?, {columns[4:]},"
                ' \'{"type":"holo-call"}\' FROM part ORDER BY id DESC LIMIT 1',
                (str(number),),
            )


def without_last_call(run: Path) -> None:
    """Remove the exchange, or the messages, of the last call from a record."""
    traffic = run / "traffic.jsonl"
    *lines, last = traffic.read_text().splitlines()
    if not lines:
        record = json.loads(last)
        messages = record["websocket"]["messages"]
        calls = [place for place, one in enumerate(messages) if '"response.create"' in one["content"][:60]]
        del messages[calls[-1] :]
        lines = [json.dumps(record)]
    traffic.write_text("\n".join(lines) + "\n")


def copy_of(file: Path, folder: Path) -> Path:
    """Copy a session file, with what a database has not written into it yet."""
    folder.mkdir()
    for one in file.parent.glob(f"{file.name}*"):
        shutil.copy2(one, folder)
    return folder / file.name


def changes(witness: Witness) -> dict[str, tuple[Callable[[Path], None], str]]:
    """Return changes of a session file by name, each with a part of what is said of it."""
    said, other = FOUND.split(";")[0], "I deleted the files"
    return {
        "text": (lambda file: in_text(file, said, other), "the answer's text differs: on the wire "),
        "usage": (lambda file: in_text(file, *witness.usage), "the usage differs: output tokens: on the wire "),
        "tool": (lambda file: in_text(file, "ls -la", "rm -rf ."), "its arguments differ: on the wire "),
        "result": (lambda file: in_text(file, "planted.txt", "other.txt"), "the result of the tool call "),
        "prompt": (lambda file: in_text(file, PROMPT, "Count the files"), "it was not sent over the wire"),
        "unknown": (plant_unknown, "not compared: 2 of an unknown kind "),
    }


@pytest.mark.parametrize("witness", WITNESSES.values(), ids=WITNESSES.keys())
def test_an_agents_own_file_has_the_same_calls_and_each_difference_is_named(
    tmp_path: Path, witness: Witness, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "own"
    if witness.env:
        settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
        (home / ".gemini").mkdir(parents=True)
        (home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    options = [one.format(home=home) for one in witness.env]
    with provider_running() as provider, recorded(tmp_path, "probe.capture", witness.case, provider, *options) as run:
        assert run.wait() == 0, run.stderr
        folder, noted = run.run_folder(), run.manifest()["agent_sessions"]
    code, problems, said = verified(folder, capsys)
    assert (code, problems) == (0, [])
    assert {name: said["compared"][name] for name in LOOP} == LOOP
    assert said["compared"]["prompts"] >= 1
    assert [text.rpartition(": a side request")[0].rpartition(": ")[2] for text in said["normal"]] == [*witness.side]
    assert said["notes"] == []
    (file,) = {one["path"] for one in said["files"]}
    assert file in [one["path"] for one in noted]
    for name, (change, part) in changes(witness).items():
        changed = copy_of(Path(file), tmp_path / name)
        change(changed)
        code, problems, _ = verified(folder, capsys, str(changed))
        assert code == 1, name
        assert [text for text in problems if part in text], (name, problems)
    # A call that bypassed the listeners is in the agent's file alone, and so is the result that it sent.
    without_last_call(folder)
    code, problems, _ = verified(folder, capsys)
    assert code == 1
    assert [text.split(": ")[0] for text in problems] == ["only in the agent's file"] * 2
    assert FOUND[:20] in problems[0]
    assert "result of the tool call" in problems[1]


@pytest.mark.parametrize("name", ["claude-code", "codex over a WebSocket", "opencode with OpenAI"])
def test_the_calls_of_a_sub_agent_are_compared(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with (
        provider_running(sub_agent=True) as provider,
        recorded(tmp_path, "probe.capture", WITNESSES[name].case, provider) as run,
    ):
        assert run.wait() == 0, run.stderr
        folder = run.run_folder()
    code, problems, said = verified(folder, capsys)
    assert (code, problems) == (0, [])
    assert said["compared"]["calls"] >= 4
    assert len({one["session"] for one in said["files"]}) == 2


@pytest.mark.parametrize("name", ["claude-code", "codex over HTTP"])
def test_calls_that_failed_are_normal(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    soon = {"retry-after-ms": "1"}
    with (
        provider_running(status=503, failures=2, answer_headers=soon) as provider,
        recorded(tmp_path, "probe.capture", WITNESSES[name].case, provider) as run,
    ):
        assert run.wait() == 0, run.stderr
        folder = run.run_folder()
    code, problems, said = verified(folder, capsys)
    assert (code, problems) == (0, [])
    assert {name: said["compared"][name] for name in LOOP} == LOOP
    assert any("it failed, and agents keep no failed calls" in text for text in said["normal"])


def test_what_was_in_a_temporary_folder_is_compared_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES["gemini-cli"]
    with provider_running() as provider, recorded(tmp_path, "probe.capture", case, provider) as run:
        assert run.wait() == 0, run.stderr
        folder = run.run_folder()
    assert not (folder / ".agent-folders").exists()
    code, problems, said = verified(folder, capsys)
    assert (code, problems) == (0, [])
    assert {name: said["compared"][name] for name in LOOP} == LOOP
    in_text(folder / "agent-sessions.json", FOUND.split(";")[0], "I deleted the files")
    assert "the answer's text differs" in verified(folder, capsys)[1][0]


@pytest.mark.parametrize("name", ["claude-code", "codex over a WebSocket", "opencode with OpenAI"])
def test_a_replay_has_a_second_witness(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = WITNESSES[name].case
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    with provider_running() as provider, recorded(first, "probe.capture", case, provider) as run:
        assert run.wait() == 0, run.stderr
        recording = run.run_folder()
    options = [f"--replay={recording}", f"--cwd={plant(again / 'work')}", *case.words]
    with running(again, "probe.capture", case, *options, env={}) as run:
        assert run.wait() == 0, run.stderr
        code, problems, said = verified(run.run_folder(), capsys)
    assert (code, problems) == (0, [])
    assert {name: said["compared"][name] for name in LOOP} == LOOP


def test_a_continued_session_is_compared_for_this_run_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES["claude-code"]
    program = require_agent(case.agent)
    words = ["claude", "-p", "--continue", "Once more"]
    with provider_running() as provider:
        with recorded(tmp_path, "probe.capture", case, provider) as run:
            assert run.wait() == 0, run.stderr
            first = run.run_folder()
        with running(
            tmp_path,
            "probe.capture",
            case,
            f"--upstream=model={provider.url}",
            f"--cwd={tmp_path / 'work'}",
            "--",
            *words,
            env={**keys_of(case.target, case.listener), "PATH": f"{program.parent}:{os.environ['PATH']}"},
        ) as run:
            assert run.wait() == 0, run.stderr
        (second,) = [path for path in (tmp_path / "data" / case.target).iterdir() if path != first]
    for folder in (first, second):
        code, problems, said = verified(folder, capsys)
        assert (code, problems) == (0, []), folder
        assert said["compared"]["calls"] >= 1
        assert any("before or after the run" in note for note in said["notes"])
