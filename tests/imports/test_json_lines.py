"""JSON lines of claude-trace and claude-tap become runs, as far as they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe.errors import UserError
from tests.imports.importing import imported

PAIR: dict[str, Any] = {
    "request": {
        "timestamp": 1769857200.5,
        "method": "POST",
        "url": "https://api.anthropic.com/v1/messages?beta=true",
        "headers": {"user-agent": "claude-cli/1.0.128 (external, cli)", "content-length": 20},
        "body": {"model": "claude-opus-4", "n": 1.0},
    },
    "response": {
        "timestamp": 1769857201.25,
        "status_code": 200,
        "headers": {"content-type": "text/event-stream"},
        "body_raw": 'event: message_stop\ndata: {"type": "message_stop"}\n\n',
    },
    "logged_at": "2026-01-31T11:00:02.500Z",
}
RECORD: dict[str, Any] = {
    "timestamp": "2026-01-31T11:00:02.500000+00:00",
    "request_id": "req_1",
    "turn": 1,
    "duration_ms": 2000,
    "request": {
        "method": "POST",
        "path": "/v1/messages?beta=true",
        "headers": {"User-Agent": "claude-cli/2.1", "Content-Type": "application/json"},
        "body": {"model": "m"},
    },
    "response": {
        "status": 200,
        "headers": {"content-type": "text/event-stream"},
        "body": {"type": "message"},
        "sse_events": [{"event": "x", "data": "plain"}, {"event": "message_stop", "data": {"type": "message_stop"}}],
    },
    "upstream_base_url": "https://api.anthropic.com",
}
CONVERSATION: dict[str, Any] = RECORD | {
    "transport": "websocket",
    "request": RECORD["request"]
    | {"method": "WEBSOCKET", "ws_events": [{"type": "response.create", "n": 1}, {"type": "response.create", "n": 2}]},
    "response": {
        "status": 101,
        "headers": {},
        "body": None,
        "ws_events": [
            {"type": "response.created"},
            {"type": "response.completed", "response": {}},
            {"raw": "no JSON"},
        ],
    },
}


def write(folder: Path, *lines: Any) -> Path:
    file = folder / "recorded.jsonl"
    texts = (one if isinstance(one, str) else json.dumps(one, separators=(",", ":")) for one in lines)
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return file


def test_a_pair_of_claude_trace_becomes_an_exchange(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(write(tmp_path, PAIR), capsys, target=None)
    (exchange,) = run.exchanges
    response = exchange.response
    assert response
    assert (exchange.timestamp, response.started, response.ended) == (1769857200.5, 1769857201.25, 1769857202.5)
    assert exchange.request.headers == {"user-agent": "claude-cli/1.0.128 (external, cli)", "content-length": "20"}
    assert (exchange.request.body, exchange.request.size) == (PAIR["request"]["body"], 33)
    assert (response.body_kind, response.body, response.pieces) == ("sse", PAIR["response"]["body_raw"], [])
    facts = run.manifest.facts
    assert (run.code, facts.target, facts.imported and facts.imported.format) == (0, "claude-code", "claude-trace")


def test_a_request_without_an_answer_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = "ORPHANED_REQUEST - No matching response received"
    run = imported(write(tmp_path, PAIR | {"response": None, "note": note}), capsys)
    assert [(one.response, one.error) for one in run.exchanges] == [(None, "no answer came")]


def test_a_record_of_claude_tap_becomes_an_exchange(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(write(tmp_path, RECORD), capsys, target=None)
    (exchange,) = run.exchanges
    response = exchange.response
    assert response
    assert (exchange.timestamp, response.ended, exchange.id) == (1769857200.5, 1769857202.5, "req_1")
    assert exchange.request.url == "https://api.anthropic.com/v1/messages?beta=true"
    assert response.body == 'event: x\ndata: plain\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
    assert (run.code, run.manifest.facts.target) == (0, "claude-code")


def test_the_messages_of_a_websocket_follow_their_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(write(tmp_path, CONVERSATION), capsys)
    conversation = run.exchanges[0].websocket
    assert conversation
    assert [(one.direction, one.content) for one in conversation.messages] == [
        ("client", '{"type":"response.create","n":1}'),
        ("server", '{"type":"response.created"}'),
        ("server", '{"type":"response.completed","response":{}}'),
        ("client", '{"type":"response.create","n":2}'),
        ("server", "no JSON"),
    ]


BROKEN: dict[str, tuple[list[Any], list[str]]] = {
    "a line that is cut": ([PAIR, json.dumps(PAIR)[:100]], ["line 2: not JSON"]),
    "a line of something else": (
        [PAIR, {"request": 5}, PAIR],
        ["line 2: Expected `object`, got `int` - at `$.request`"],
    ),
    "a time that is none": ([RECORD, RECORD | {"timestamp": "noon"}], ["line 2: Invalid isoformat string: 'noon'"]),
    "a list": ([RECORD, "[1]"], ["line 2: Expected `object`, got `array`"]),
    "brackets without end": ([RECORD, "[" * 100_000], ["line 2: "]),
}


@pytest.mark.parametrize(("lines", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_bad_line_does_not_affect_the_others(
    lines: list[Any], said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = imported(write(tmp_path, *lines), capsys)
    assert (run.code, len(run.exchanges)) == (1, len(lines) - 1)
    for one in said:
        assert any(problem.startswith(one) for problem in run.problems), run.problems


UNKNOWN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "the file is empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "no known format"),
    "a pickle": (b"\x80\x04\x95\x00", "it may run any code"),
    "gzip": (b"\x1f\x8b\x08\x00", "decompress it first"),
    "a database": (b"SQLite format 3\x00", "export a session"),
    "a record of agent-probe": (b'{"timestamp":1,"request":{"method":"GET","url":"x"}}\n', "analyze --input"),
    "a compact bundle": (b'{"__claude_tap_compact_trace__":{"version":1},"records":[]}\n', "dashboard"),
    "other JSON": (b'{"a":1}\n', "no known format"),
}


@pytest.mark.parametrize(("data", "said"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_file_is_refused_with_the_next_step(
    data: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    with pytest.raises(UserError) as error:
        imported(file, capsys)
    assert said in str(error.value)
    assert str(file) in str(error.value)
    assert not (tmp_path / "data").exists()
