"""A record of any size is read with little memory, checked whole, and says what it does not show."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.addon.json_text import dumps
from probe.record import long_lines, reader
from probe.record.exchange import Exchange
from probe.record.integrity import exchange_problems
from probe.record.long_lines import text_chunks
from probe.record.reader import read_exchanges, read_unread
from probe.record.seekable_zstd import write_frames
from probe.renderers.loader import load_renderer
from probe.report.report import write_report
from probe.report.run import ReportedRun
from probe.trace.exchanges import ExchangeReader

EVENT = 'data: {"type":"response.output_text.delta","delta":"é\\"\\\\ %d"}\n\n'
END = 'data: {"type":"response.completed","response":{"status":"completed","usage":{"total_tokens":7}}}\n\n'
STREAM = "".join(EVENT % number for number in range(3000)) + END


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make long what a test can handle."""
    monkeypatch.setattr(reader, "LONG_LINE", 20_000)
    monkeypatch.setattr(long_lines, "LONG_TEXT", 10_000)
    monkeypatch.setattr(long_lines, "KEPT", 1000)
    monkeypatch.setattr(long_lines, "_CHUNK", 777)


def record(body: Any, kind: str, data: bytes, **more: Any) -> dict[str, Any]:
    measured = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    empty: dict[str, Any] = {
        "body": None,
        "body_kind": "none",
        "size": 0,
        "sha256": hashlib.sha256().hexdigest(),
        "headers": {},
    }
    request = {"method": "POST", "url": "https://x.test/v1/responses", **empty}
    response = {"status_code": 200, "headers": {}, "body": body, "body_kind": kind, **measured, "ended": 2.0, **more}
    return {"schema": 1, "id": "one", "timestamp": 1.0, "request": request, "response": response, "error": None}


def written(tmp_path: Path, *records: dict[str, Any]) -> Path:
    path = tmp_path / "traffic.jsonl"
    path.write_text("".join(dumps(one) + "\n" for one in records))
    return path


def read(path: Path, *, whole: bool = False) -> list[Exchange]:
    def fail(number: int, why: str) -> None:
        raise AssertionError(f"line {number}: {why}")

    return list(read_exchanges(path, fail, whole=whole))


BODIES = {
    "an event stream": record(STREAM, "sse", STREAM.encode()),
    "text without a line's end": record("é" * 30_000, "text", ("é" * 30_000).encode()),
    "text that is all escapes": record('"\\\n\x01' * 10_000, "text", ('"\\\n\x01' * 10_000).encode()),
    "text of three bytes a character": record("漢" * 30_000, "text", ("漢" * 30_000).encode()),
    "text of backslashes": record("\\" * 30_000, "text", b"\\" * 30_000),
    "base64": record("A" * 40_000, "base64", bytes(30_000)),
    "exact JSON text": record([1], "json", b"[1]" + b" " * 30_000, body_text="[1]" + " " * 30_000),
    "a long text inside JSON": record({"a": "x" * 30_000}, "json", dumps({"a": "x" * 30_000}).encode()),
}


@pytest.mark.parametrize("one", BODIES.values(), ids=BODIES.keys())
def test_a_long_line_of_a_compressed_record_is_read_as_that_of_a_plain_one(tmp_path: Path, one: dict[str, Any]) -> None:
    short = record("short", "text", b"short")
    path, packed = written(tmp_path, short, one, short), tmp_path / "packed" / "traffic.jsonl"
    packed.parent.mkdir()
    with path.open("rb") as source, packed.with_name("traffic.jsonl.zst").open("wb") as out:
        assert len(write_frames(source, out, 6000)) > 4
    plain = read(path)
    assert read(packed) == plain
    assert read(packed, whole=True) == read(path, whole=True)
    unread = [list(read_unread(file, lambda number, why: None, outlined=True)) for file in (packed, path)]
    assert [msgspec.json.encode(one) for one in unread[0]] == [msgspec.json.encode(one) for one in unread[1]]
    assert [list(exchange_problems(exchange, packed)) for exchange in plain] == [[], [], []]
    if (response := plain[1].response) and response.whole_text:
        assert list(text_chunks(packed, response.whole_text)) == list(text_chunks(path, response.whole_text))


@pytest.mark.parametrize("one", BODIES.values(), ids=BODIES.keys())
def test_a_long_body_is_checked_whole(tmp_path: Path, one: dict[str, Any]) -> None:
    path = written(tmp_path, one)
    (exchange,) = read(path)
    assert list(exchange_problems(exchange, path)) == []
    assert exchange.response
    inside = isinstance(one["response"]["body"], dict)
    assert bool(exchange.response.whole_text) != inside
    changed = json.loads(json.dumps(one))
    changed["response"]["sha256"] = "0" * 64
    path = written(tmp_path, changed)
    assert len(list(exchange_problems(read(path)[0], path))) == 1


def test_a_long_stream_shows_its_first_and_its_last_events_and_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path, BODIES["an event stream"])
    (exchange,) = read(path)
    assert exchange.response
    events = exchange.response.body.split("\n\n")
    assert events[0] + "\n\n" == EVENT % 0
    assert events[-2] + "\n\n" == END
    assert len(exchange.response.body) < 3000
    assert sum("bytes are left out here" in event for event in events) == 1
    (unread,) = read_unread(path, lambda line, why: None)
    assert ExchangeReader(load_renderer("probe.renderers.openai_responses")).read(unread).complete


def test_a_full_report_says_that_it_shows_a_part(tmp_path: Path) -> None:
    out = io.StringIO()
    write_report(
        out,
        written(tmp_path, BODIES["an event stream"]),
        ReportedRun(title="T", source="s", generated_at=datetime(2026, 1, 1, tzinfo=UTC)),
        renderer=load_renderer("probe.renderers.openai_responses"),
        full=True,
    )
    assert f"Only the beginning and the end of these {len(STREAM.encode())} bytes are shown" in out.getvalue()


def test_who_wants_it_whole_gets_it_whole(tmp_path: Path) -> None:
    path = written(tmp_path, *BODIES.values())
    assert [one.response.body for one in read(path, whole=True) if one.response] == [
        one["response"]["body"] for one in BODIES.values()
    ]


def test_long_and_short_lines_are_read_in_their_order(tmp_path: Path) -> None:
    short = record("short", "text", b"short")
    lines = [short, BODIES["base64"], short, BODIES["an event stream"], short]
    found = read(written(tmp_path, *lines), whole=True)
    assert [exchange.seq for exchange in found] == [1, 2, 3, 4, 5]
    assert [one.response.body for one in found if one.response] == [one["response"]["body"] for one in lines]


def test_a_line_that_is_too_long_for_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LONGEST_LINE", 30_000)
    many = record([["x" * 100] * 400], "json", b"")
    told: list[str] = []
    assert list(read_exchanges(written(tmp_path, many), lambda line, why: told.append(f"{line}: {why}"))) == []
    assert len(told) == 1
    assert "are too many; 30000 can be read" in told[0]


def test_messages_are_long_texts_too(tmp_path: Path) -> None:
    long = "m" * 30_000
    messages = [
        {"timestamp": 1.0, "direction": "server", "type": "text", "content": text, "sha256": _sha(text)}
        for text in ("a", long, "b", long + "c")
    ]
    one = record(None, "none", b"") | {"websocket": {"messages": messages}}
    path = written(tmp_path, one)
    (exchange,) = read(path)
    assert exchange.websocket
    assert [bool(message.whole_text) for message in exchange.websocket.messages] == [False, True, False, True]
    assert list(exchange_problems(exchange, path)) == []


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@given(text=st.text(max_size=3000), ascii_only=st.booleans())
def test_any_text_is_read_back_chunk_by_chunk(
    tmp_path_factory: pytest.TempPathFactory, text: str, ascii_only: bool
) -> None:
    # A pair of surrogates as two escapes is no form that the record has.
    text = "".join(char for char in text if not ascii_only or ord(char) < 0x10000)
    path = tmp_path_factory.getbasetemp() / "text"
    data = json.dumps(text, ensure_ascii=ascii_only).encode()
    path.write_bytes(b"{" + data)
    assert "".join(text_chunks(path, (2, len(data)))) == text
