"""One small story as the wire has it in three APIs, and as each agent would note it, in words of our own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from probe.record.manifest import Manifest
from probe.record.runs import Run

PROMPT, RESULT, ANSWER = "Count the lines", "3 notes.txt", "There are three lines."
ARGUMENTS = {"command": "wc -l notes.txt"}
SESSION = "5e55-10n"
STARTED = "2026-01-02T03:00:00Z"
ENDED = "2026-01-02T03:01:00Z"
EPOCH = 1767322800.0
"""STARTED in seconds."""


def at(second: int) -> str:
    return f"2026-01-02T03:00:{second:02}.000Z"


def exchange(second: int, path: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "x-session": SESSION}
    return {
        "timestamp": EPOCH + second,
        "request": {"method": "POST", "url": f"https://model.test{path}", "headers": headers, "body": request},
        "response": {"status_code": 200, "headers": {"content-type": "application/json"}, "body": response},
    }


def anthropic() -> list[dict[str, Any]]:
    call = {"type": "tool_use", "id": "call_1", "name": "shell", "input": ARGUMENTS}
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": RESULT}
    first = [{"role": "user", "content": PROMPT}]
    then = [*first, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    usages = (
        {"input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 20},
        {"input_tokens": 50, "cache_read_input_tokens": 100, "output_tokens": 10},
    )
    answers = ([call], [{"type": "text", "text": ANSWER}])
    tool = {"name": "shell", "input_schema": {"type": "object"}}
    return [
        exchange(
            10 * number,
            "/v1/messages",
            {"model": "m", "max_tokens": 100, "tools": [tool], "messages": messages},
            {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "m", "content": content}
            | {"stop_reason": "end_turn", "usage": usage},
        )
        for number, (messages, content, usage) in enumerate(zip((first, then), answers, usages, strict=True), 1)
    ]


def openai() -> list[dict[str, Any]]:
    text = json.dumps(ARGUMENTS)
    call = {"type": "function_call", "call_id": "call_1", "name": "shell", "arguments": text}
    result = {"type": "function_call_output", "call_id": "call_1", "output": RESULT}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}
    first = [{"role": "user", "content": PROMPT}]
    usages = ((100, 40, 20), (150, 100, 10))
    tool = {"type": "function", "name": "shell", "parameters": {"type": "object"}}
    return [
        exchange(
            10 * number,
            "/v1/responses",
            {"model": "m", "tools": [tool], "input": items},
            {"id": f"resp_{number}", "object": "response", "status": "completed", "model": "m", "output": [output]}
            | {
                "usage": {
                    "input_tokens": usage[0],
                    "input_tokens_details": {"cached_tokens": usage[1]},
                    "output_tokens": usage[2],
                    "total_tokens": usage[0] + usage[2],
                }
            },
        )
        for number, (items, output, usage) in enumerate(
            zip((first, [*first, call, result]), (call, said), usages, strict=True), 1
        )
    ]


def gemini() -> list[dict[str, Any]]:
    call = {"functionCall": {"name": "shell", "args": ARGUMENTS}}
    result = {"functionResponse": {"name": "shell", "response": {"output": RESULT}}}
    first = [{"role": "user", "parts": [{"text": PROMPT}]}]
    then = [*first, {"role": "model", "parts": [call]}, {"role": "user", "parts": [result]}]
    usages = ((100, 40, 20), (150, 100, 10))
    tools = [{"functionDeclarations": [{"name": "shell"}]}]
    return [
        exchange(
            10 * number,
            "/v1beta/models/m:generateContent",
            {"contents": contents, "tools": tools},
            {
                "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
                "usageMetadata": {
                    "promptTokenCount": usage[0],
                    "cachedContentTokenCount": usage[1],
                    "candidatesTokenCount": usage[2],
                    "totalTokenCount": usage[0] + usage[2],
                },
            },
        )
        for number, (contents, part, usage) in enumerate(
            zip((first, then), (call, {"text": ANSWER}), usages, strict=True), 1
        )
    ]


def lines(*entries: dict[str, Any]) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def codex_file(folder: Path) -> Path:
    def item(second: int, **payload: Any) -> dict[str, Any]:
        return {"timestamp": at(second), "type": "response_item", "payload": payload}

    def usage(second: int, *counts: int, total: int) -> dict[str, Any]:
        names = ("input_tokens", "cached_input_tokens", "output_tokens")
        info = {"total_token_usage": {"total_tokens": total}, "last_token_usage": dict(zip(names, counts, strict=True))}
        return {"timestamp": at(second), "type": "event_msg", "payload": {"type": "token_count", "info": info}}

    file = folder / "sessions" / "2026" / "01" / "02" / f"rollout-2026-01-02T03-00-00-{SESSION}.jsonl"
    file.parent.mkdir(parents=True)
    meta = {"id": SESSION, "cwd": "/work", "cli_version": "0.98.0"}
    arguments = json.dumps(ARGUMENTS)
    said = [{"type": "output_text", "text": ANSWER}]
    file.write_text(
        lines(
            {"timestamp": at(1), "type": "session_meta", "payload": meta},
            item(2, type="message", role="user", content=[{"type": "input_text", "text": PROMPT}]),
            {"timestamp": at(2), "type": "event_msg", "payload": {"type": "user_message", "message": PROMPT}},
            item(10, type="function_call", name="shell", arguments=arguments, call_id="call_1"),
            usage(11, 100, 40, 20, total=120),
            item(15, type="function_call_output", call_id="call_1", output=RESULT),
            usage(16, 100, 40, 20, total=120),
            item(20, type="message", role="assistant", content=said),
            usage(21, 150, 100, 10, total=280),
        )
    )
    return file


def claude_file(folder: Path) -> Path:
    def entry(second: int, kind: str, content: Any, **message: Any) -> dict[str, Any]:
        common = {"sessionId": SESSION, "cwd": "/work", "version": "2.1.329", "timestamp": at(second)}
        return {"type": kind, "message": {"role": kind, "content": content, **message}, **common}

    file = folder / "projects" / "-work" / f"{SESSION}.jsonl"
    file.parent.mkdir(parents=True)
    first = {"input_tokens": 60, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 40, "output_tokens": 20}
    then = {"input_tokens": 50, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 100, "output_tokens": 10}
    call = {"type": "tool_use", "id": "call_1", "name": "shell", "input": ARGUMENTS}
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": RESULT}
    file.write_text(
        lines(
            {"type": "summary", "summary": "Lines"},
            entry(2, "user", PROMPT),
            entry(10, "assistant", [thought], id="msg_1", usage=first | {"output_tokens": 1}),
            entry(10, "assistant", [call], id="msg_1", usage=first),
            entry(15, "user", [result]),
            entry(20, "assistant", [{"type": "text", "text": ANSWER}], id="msg_2", usage=then),
            entry(21, "assistant", [{"type": "text", "text": "No connection."}], id="x", model="<synthetic>"),
        )
    )
    return file


def gemini_messages() -> list[dict[str, Any]]:
    call = {"id": "shell-1", "name": "shell", "args": ARGUMENTS}
    first = {"input": 100, "cached": 40, "output": 20, "thoughts": 0, "tool": 0, "total": 120}
    then = {"input": 150, "cached": 100, "output": 10, "thoughts": 0, "tool": 0, "total": 160}
    result = {"functionResponse": {"id": "shell-1", "name": "shell", "response": {"output": RESULT}}}
    return [
        {"id": "1", "timestamp": at(2), "type": "user", "content": [{"text": PROMPT}]},
        {"id": "2", "timestamp": at(10), "type": "gemini", "content": "", "tokens": first, "toolCalls": [call]},
        {"id": "3", "timestamp": at(15), "type": "user", "content": [result]},
        {"id": "4", "timestamp": at(20), "type": "gemini", "content": ANSWER, "tokens": then},
        {"id": "5", "timestamp": at(21), "type": "info", "content": "Bye."},
    ]


def _gemini_project(folder: Path) -> Path:
    chats = folder / ".gemini" / "tmp" / "work" / "chats"
    chats.mkdir(parents=True)
    (chats.parent / ".project_root").write_text("/work")
    return chats


def gemini_file(folder: Path) -> Path:
    file = _gemini_project(folder) / "session-2026-01-02T03-00-5e5510.jsonl"
    one, two, *others = gemini_messages()
    file.write_text(
        lines(
            {"sessionId": SESSION, "startTime": at(1), "kind": "main"},
            {"$set": {"messages": [one], "lastUpdated": at(2)}},
            {**two, "toolCalls": []},
            two,
            *others,
            {"$set": {"lastUpdated": at(21)}},
        )
    )
    return file


def old_gemini_file(folder: Path) -> Path:
    file = _gemini_project(folder) / "session-2026-01-02T03-00-5e5510.json"
    file.write_text(json.dumps({"sessionId": SESSION, "startTime": at(1), "messages": gemini_messages()}))
    return file


def opencode_file(folder: Path) -> Path:
    file = folder / "opencode" / "opencode.db"
    file.parent.mkdir(parents=True)
    state = {"status": "completed", "input": ARGUMENTS, "output": RESULT}
    first = {"input": 60, "output": 20, "reasoning": 0, "cache": {"read": 40, "write": 0}}
    then = {"input": 50, "output": 10, "reasoning": 0, "cache": {"read": 100, "write": 0}}
    parts = [
        ("user", 2, {"type": "text", "text": PROMPT}),
        ("assistant", 10, {"type": "step-start"}),
        ("assistant", 10, {"type": "tool", "tool": "shell", "callID": "call_1", "state": state}),
        ("assistant", 15, {"type": "step-finish", "tokens": first}),
        ("assistant", 20, {"type": "step-start"}),
        ("assistant", 20, {"type": "text", "text": ANSWER}),
        ("assistant", 20, {"type": "step-finish", "tokens": then}),
    ]
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE session (id, directory, version, time_updated)")
        database.execute("CREATE TABLE message (id, session_id, time_created, data)")
        database.execute("CREATE TABLE part (id, message_id, session_id, time_created, data)")
        for name in (SESSION, "another"):
            database.execute("INSERT INTO session VALUES (?, '/work', '1.18.33', 1e15)", (name,))
        for number, (role, second, part) in enumerate(parts):
            moment = (EPOCH + second) * 1000
            name = f"{number:02}"
            database.execute(
                "INSERT INTO message VALUES (?, ?, ?, ?)", (name, SESSION, moment, json.dumps({"role": role}))
            )
            database.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?)", (name, name, SESSION, moment, json.dumps(part)))
    return file


class Agent(NamedTuple):
    """An agent, with what it writes and what crosses the wire."""

    program: str
    wire: Callable[[], list[dict[str, Any]]]
    file: Callable[[Path], Path]
    version: str
    has_ids: bool = True
    """Whether its requests name the session."""


AGENTS = {
    "codex": Agent("codex", openai, codex_file, "0.98.0"),
    "claude-code": Agent("claude", anthropic, claude_file, "2.1.329"),
    "gemini-cli": Agent("gemini", gemini, gemini_file, "0.61.0", has_ids=False),
    "gemini-cli before": Agent("gemini", gemini, old_gemini_file, "0.61.0", has_ids=False),
    "opencode": Agent("opencode", anthropic, opencode_file, "1.18.33"),
}
IDS = {"session": ["header x-session"]}


def run_of(folder: Path, agent: Agent, records: list[dict[str, Any]] | None = None) -> Run:
    """Write a run of an agent whose session files are in `folder/own`."""
    run = folder / "run"
    run.mkdir()
    (run / "traffic.jsonl").write_text(lines(*(agent.wire() if records is None else records)))
    manifest = Manifest(run, {})
    manifest.update(
        started=STARTED,
        ended=ENDED,
        agent_started=STARTED,
        agent_ended=ENDED,
        folder="/work",
        command=[f"/bin/{agent.program}", PROMPT],
        versions={"agent": agent.version},
        session_folder=str(folder / "own"),
    )
    return Run(folder=run, target="any", manifest=manifest)
