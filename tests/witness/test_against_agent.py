"""An agent's own session file is compared with the wire, and each way in which they differ is named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import UserError
from probe.record.manifest import Manifest
from probe.record.manifest_fields import AgentSession
from probe.record.runs import Run
from probe.renderers.loader import AUTO, load_renderer
from probe.verify.__main__ import main as verify
from probe.witness import claude_code, codex, gemini_cli
from probe.witness.against_agent import SecondWitness, against_agent
from probe.witness.kept_sessions import note_sessions
from tests.witness.story import AGENTS, ANSWER, IDS, PROMPT, RESULT, Agent, at, lines, run_of

each_agent = pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS.keys())


def asked(run: Run, agent: Agent, given_path: Path | None = None) -> SecondWitness:
    return against_agent(run, load_renderer(AUTO), IDS if agent.has_ids else {}, None, given_path)


@each_agent
def test_the_same_story_is_found_and_has_no_difference(tmp_path: Path, agent: Agent) -> None:
    agent.file(tmp_path / "own")
    found = asked(run_of(tmp_path, agent), agent)
    compared = found.comparison
    assert (compared.problems, compared.normal, found.notes) == ([], [], [])
    counts = (compared.calls, compared.tool_calls, compared.results, compared.prompts, compared.usages)
    assert counts == (2, 1, 1, 1, 2)


def in_file(file: Path, old: str, new: str) -> None:
    """Replace something that a session file must have."""
    if file.suffix != ".db":
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        return
    with closing(sqlite3.connect(file)) as database, database:
        assert database.execute("UPDATE part SET data = replace(data, ?, ?)", (old, new)).rowcount


CHANGES = {
    "the answer": (
        (ANSWER, "There are four lines."),
        "the answer's text differs: on the wire 'There are three lines.'",
    ),
    "an argument": (("wc -l", "rm"), "its arguments differ: on the wire"),
    "a tool": (("shell", "shall"), "its name differs: on the wire shell, in the agent's file shall"),
    "a result": ((RESULT, "4 notes.txt"), "the result of the tool call"),
    "a prompt": ((PROMPT, "Count the pages"), "prompt 'Count the pages': it was not sent over the wire"),
}


@each_agent
@pytest.mark.parametrize(("change", "part"), CHANGES.values(), ids=CHANGES.keys())
def test_each_difference_is_named(tmp_path: Path, agent: Agent, change: tuple[str, str], part: str) -> None:
    in_file(agent.file(tmp_path / "own"), *change)
    problems = asked(run_of(tmp_path, agent), agent).comparison.problems
    # Where the API gives no ids, a result is known by its text alone.
    known = part if agent.has_ids or "result" not in part else "result of the tool call"
    assert [text for text in problems if known in text], problems


@each_agent
def test_another_usage_is_named(tmp_path: Path, agent: Agent) -> None:
    old = '"output_tokens": 10' if agent.program in ("codex", "claude") else '"output": 10'
    in_file(agent.file(tmp_path / "own"), old, old.replace("10", "11"))
    problems = asked(run_of(tmp_path, agent), agent).comparison.problems
    assert len(problems) == 1
    assert problems[0].endswith("the usage differs: output tokens: on the wire 10, in the agent's file 11")


@each_agent
def test_a_call_that_is_missing_on_the_wire_is_the_first_finding(tmp_path: Path, agent: Agent) -> None:
    agent.file(tmp_path / "own")
    problems = asked(run_of(tmp_path, agent, agent.wire()[:1]), agent).comparison.problems
    assert len(problems) == 2
    assert problems[0].startswith("only in the agent's file: ")
    assert "this call bypassed the listeners, or its exchange is missing" in problems[0]
    assert f"answer '{ANSWER}'" in problems[0]
    assert "it was not sent over the wire" in problems[1]


@each_agent
def test_a_call_that_the_agent_did_not_note_is_named(tmp_path: Path, agent: Agent) -> None:
    agent.file(tmp_path / "own")
    *_, last = records = agent.wire()
    more = json.loads(json.dumps(last).replace(ANSWER, "And more.").replace("msg_2", "m3").replace("resp_2", "r3"))
    problems = asked(run_of(tmp_path, agent, [*records, more]), agent).comparison.problems
    assert problems == ["only on the wire: record line 3: answer 'And more.': the agent's file has no such call"]


def failed(record: dict[str, Any]) -> None:
    record["response"] |= {"status_code": 503, "body": {"error": {"message": "busy"}}}


def asks_for_a_title(record: dict[str, Any]) -> None:
    record["request"]["body"] = {
        "model": "small",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "Write a title for this conversation"}],
        "system": "Generate a concise title of this conversation.",
    }
    record["response"]["body"] |= {"id": "t", "content": [{"type": "text", "text": "Lines"}]}


NORMAL = {
    "a failed call": (failed, "only on the wire: record line 1: it failed, and agents keep no failed calls"),
    "a side request": (asks_for_a_title, "only on the wire: record line 1: title: a side request"),
}


@pytest.mark.parametrize(("change", "text"), NORMAL.values(), ids=NORMAL.keys())
def test_what_agents_do_not_keep_is_normal(tmp_path: Path, change: Callable[[dict[str, Any]], None], text: str) -> None:
    agent = AGENTS["claude-code"]
    agent.file(tmp_path / "own")
    first, *_ = agent.wire()
    first["timestamp"] -= 5
    change(first)
    compared = asked(run_of(tmp_path, agent, [first, *agent.wire()]), agent).comparison
    assert compared.problems == []
    (normal,) = compared.normal
    assert normal.startswith(text)


UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "codex": ({"type": "holo", "payload": {}}, "'holo'"),
    "claude-code": ({"type": "holo"}, "'holo'"),
    "gemini-cli": ({"id": "9", "type": "holo", "content": ""}, "'holo'"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_entry_of_an_unknown_kind_is_reported_with_its_number_and_its_first_line(tmp_path: Path, name: str) -> None:
    agent, (entry, kind) = AGENTS[name], UNKNOWN[name]
    file = agent.file(tmp_path / "own")
    first = len(file.read_text().splitlines()) + 1
    with file.open("a") as opened:
        opened.write(lines(entry, entry) + "no JSON\n")
    problems = asked(run_of(tmp_path, agent), agent).comparison.problems
    assert problems == [
        f"not compared: 2 of an unknown kind {kind}, the first at {file.name} line {first}",
        f"not compared: 1 of an unknown kind 'line that is no JSON object', the first at {file.name} line {first + 2}",
    ]


INNER = {
    "an event": ({"type": "event_msg", "payload": {"type": "holo"}}, "event_msg holo"),
    "an item": ({"type": "response_item", "payload": {"type": "holo"}}, "response_item holo"),
    "no payload": ({"type": "response_item"}, "response_item without payload"),
}


@pytest.mark.parametrize(("entry", "kind"), INNER.values(), ids=INNER.keys())
def test_what_is_unknown_within_a_known_envelope_is_reported_too(
    tmp_path: Path, entry: dict[str, Any], kind: str
) -> None:
    file = AGENTS["codex"].file(tmp_path / "own")
    file.write_text(file.read_text() + lines(entry))
    assert list(codex.read(file).unknown) == [kind]


def test_a_part_of_a_store_that_is_unknown_is_reported(tmp_path: Path) -> None:
    agent = AGENTS["opencode"]
    in_file(agent.file(tmp_path / "own"), "step-start", "holo")
    (problem,) = asked(run_of(tmp_path, agent), agent).comparison.problems
    assert problem == "not compared: 2 of an unknown kind 'assistant part holo', the first at opencode.db line 2"


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(
    [
        "session_meta",
        "response_item",
        "event_msg",
        "token_count",
        "message",
        "function_call",
        "user",
        "assistant",
        "gemini",
        "tool_use",
        "tool_result",
        "function_call_output",
        "text",
        "token_usage_record",
    ]
)
NAMES = st.sampled_from(
    [
        "payload",
        "message",
        "content",
        "type",
        "role",
        "usage",
        "info",
        "tokens",
        "toolCalls",
        "id",
        "timestamp",
        "cwd",
        "last_token_usage",
        "output",
        "text",
        "$set",
        "functionResponse",
        "response",
        "messages",
        "sessionId",
    ]
)
ENTRIES = st.recursive(
    JSON | KINDS, lambda inner: st.dictionaries(NAMES, inner, max_size=5) | st.lists(inner, max_size=3), max_leaves=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(entries=st.lists(st.dictionaries(NAMES, ENTRIES, max_size=6), max_size=4))
@pytest.mark.parametrize("module", [codex, claude_code, gemini_cli])
def test_no_file_breaks_a_reader(tmp_path: Path, module: Any, entries: list[dict[str, Any]]) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "session.jsonl"
    file.write_text(lines(*entries))
    module.read(file)


@pytest.mark.parametrize("content", ["no JSON", "[]", "{}", '{"messages": 1}'])
def test_an_old_chat_that_is_none_breaks_nothing(tmp_path: Path, content: str) -> None:
    file = AGENTS["gemini-cli before"].file(tmp_path / "own")
    file.write_text(content)
    assert bool(gemini_cli.read(file).unknown) == (content[0] != "{")


def test_a_file_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    agent = AGENTS["codex"]
    file = agent.file(tmp_path / "own")
    with file.open("ab") as opened:
        opened.truncate(2 << 30)
    with pytest.raises(UserError, match="has more than 1024 MB"):
        asked(run_of(tmp_path, agent), agent)


@each_agent
def test_a_missing_file_is_said_with_the_places_that_were_searched(tmp_path: Path, agent: Agent) -> None:
    file = agent.file(tmp_path / "own")
    run = run_of(tmp_path, agent)
    run.manifest.update(agent_sessions=[AgentSession(path=str(file), sha256="0")])
    file.unlink()
    with pytest.raises(UserError) as caught:
        asked(run, agent)
    assert str(tmp_path / "own") in caught.value.args[0]
    assert f"at the end of the run there was {file}" in caught.value.args[0]
    assert "--against-agent PATH" in str(caught.value.hint)


def test_files_of_other_sessions_are_not_taken(tmp_path: Path) -> None:
    agent = AGENTS["claude-code"]
    file = agent.file(tmp_path / "own")
    in_file(file, "5e55-10n", "0ther")
    with pytest.raises(UserError, match=r"looked for session 5e55-10n in .*: 1 files were written since"):
        asked(run_of(tmp_path, agent), agent)
    # Named by the user, it is compared whatever it is.
    assert asked(reread(tmp_path), agent, file).comparison.calls


def reread(tmp_path: Path) -> Run:
    return Run(folder=tmp_path / "run", target="any", manifest=Manifest.read(tmp_path / "run"))


def test_two_sessions_that_may_be_it_are_named(tmp_path: Path) -> None:
    agent = AGENTS["gemini-cli"]
    file = agent.file(tmp_path / "own")
    other = file.with_name("session-2026-01-02T03-00-0ther.jsonl")
    other.write_text(file.read_text())
    run = run_of(tmp_path, agent)
    with pytest.raises(UserError, match=r"several session files(.|\n)*0ther(.|\n)*5e5510"):
        asked(run, agent)
    assert asked(run, agent, other).comparison.problems == []
    # A folder to look in, say another home.
    other.unlink()
    assert asked(run, agent, tmp_path / "own").comparison.problems == []


def test_entries_of_another_day_are_left_out_and_counted(tmp_path: Path) -> None:
    agent = AGENTS["codex"]
    file = agent.file(tmp_path / "own")
    earlier = file.read_text().replace("2026-01-02", "2026-01-01").replace("call_1", "call_0").splitlines()
    file.write_text("\n".join(earlier) + "\n" + file.read_text())
    found = asked(run_of(tmp_path, agent), agent)
    assert found.comparison.problems == []
    # Two calls, one prompt, one result.
    assert found.notes == ["left out: 4 entries from before or after the run"]


def test_a_redacted_place_may_have_been_anything(tmp_path: Path) -> None:
    agent = AGENTS["claude-code"]
    agent.file(tmp_path / "own")
    text = json.dumps(agent.wire()).replace("notes.txt", "[REDACTED:0123abcd]").replace("three", "[REDACTED:77777777]")
    assert asked(run_of(tmp_path, agent, json.loads(text)), agent).comparison.problems == []
    (tmp_path / "run" / "traffic.jsonl").write_text(lines(*json.loads(text.replace("There are", "There were"))))
    (problem,) = asked(reread(tmp_path), agent).comparison.problems
    assert "the answer's text differs" in problem


def test_a_changed_file_and_an_untried_version_are_noted(tmp_path: Path) -> None:
    agent = AGENTS["claude-code"]
    file = agent.file(tmp_path / "own")
    in_file(file, "2.1.329", "3.0.0")
    run = run_of(tmp_path, agent)
    run.manifest.update(agent_sessions=[AgentSession(path=str(file), sha256="0" * 64)])
    changed, untried = asked(run, agent).notes
    assert changed == f"{file.name} was changed since the end of the run, when its SHA-256 was {'0' * 64}"
    assert untried == f"{file.name} is of version 3.0.0; this reader was tried with 2.1.329"


@each_agent
def test_files_in_a_temporary_folder_are_kept_by_their_content(tmp_path: Path, agent: Agent) -> None:
    file = agent.file(tmp_path / "own")

    def redacted(data: bytes) -> bytes:
        return data.replace(b"notes.txt", b"[REDACTED:0123abcd]")

    run = run_of(tmp_path, agent, json.loads(redacted(json.dumps(agent.wire()).encode())))

    noted = note_sessions(run.folder, run.manifest.facts, None, tmp_path / "own", redacted)
    assert [one.path for one in noted] == [str(file)]
    file.unlink()
    compared = asked(run, agent).comparison
    assert (compared.problems, compared.calls, compared.results) == ([], 2, 1)
    assert "notes.txt" not in (run.folder / "agent-sessions.json").read_text()


def test_a_damaged_copy_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    agent = AGENTS["codex"]
    run = run_of(tmp_path, agent)
    (run.folder / "agent-sessions.json").write_text("[{}]")
    with pytest.raises(UserError, match="cannot be read"):
        asked(run, agent)


def test_an_agent_without_a_reader_is_named_with_those_that_have_one(tmp_path: Path) -> None:
    agent = AGENTS["codex"]._replace(program="my-agent")
    with pytest.raises(UserError) as caught:
        asked(run_of(tmp_path, agent), agent)
    assert caught.value.args[0] == "the session files of my-agent cannot be read"
    assert caught.value.hint == "those of these agents can: codex, claude, gemini, opencode"


def test_a_comparison_that_cannot_be_made_is_no_difference_and_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, AGENTS["codex"]._replace(program="my-agent"))
    assert verify(["--run", str(run.folder), "--against-agent"]) == 1
    told = "     not checked: the agent's own session files\n       the session files of my-agent cannot be read"
    out = capsys.readouterr().out
    assert told in out
    assert "FAIL the agent's" not in out
    # Of a bundled sample no folder is known.
    assert verify(["--run", "codex/tool-loop", "--against-agent"]) == 1
    said = "the manifest does not say in which folder the agent has its session files (name it, or a folder, with"
    assert f"\n       {said} --against-agent PATH)\n" in capsys.readouterr().out


def test_verify_names_what_it_could_not_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = AGENTS["claude-code"]
    run = run_of(tmp_path, agent)
    file = agent.file(tmp_path / "own")
    assert verify(["--run", str(run.folder), "--json", f"--against-agent={file}"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["problems"]["against_agent"] == []
    assert said["second_witness"]["files"][0]["path"] == str(file)
    assert said["second_witness"]["compared"]["calls"] == 2
    in_file(file, ANSWER, "There are four lines.")
    file.write_text(file.read_text() + lines({"type": "holo", "timestamp": at(30)}))
    verify(["--run", str(run.folder), f"--against-agent={file}"])
    out = capsys.readouterr().out
    assert "FAIL the agent's own session files\n" in out
    assert "the answer's text differs" in out
    assert "not compared: 1 of an unknown kind 'holo'" in out
    with pytest.raises(UserError, match="there is no /nowhere"):
        verify(["--run", str(run.folder), "--against-agent=/nowhere"])
