"""HARs of browsers and tools become runs, as far as they go."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.http import Headers
from mitmproxy.test import tflow, tutils

from probe.errors import UserError
from probe.imports.json_parts import entries
from tests.imports.importing import entry, har, imported

STREAM = 'event: a\ndata: {"n":1}\n\nevent: b\ndata: {"n":2}\n\n'


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "recorded.har"
    file.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return file


def test_an_entry_of_a_browser_becomes_an_exchange(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(write(tmp_path, har(entry(), browser={"name": "Firefox", "version": "140.0"})), capsys, target=None)
    (exchange,) = run.exchanges
    request, response = exchange.request, exchange.response
    assert response
    assert (exchange.timestamp, request.ended, response.started, response.ended) == pytest.approx(
        (1769857200.5, 1769857200.55, 1769857201.0, 1769857202.0)
    )
    assert (request.method, request.url) == ("POST", "https://api.example.com/v1/messages?beta=true")
    assert request.headers == {"content-type": "application/json", "x": ["1", "2"]}
    assert (request.body, response.body, response.status_code) == ({"model": "m"}, {"a": 1}, 200)
    assert (request.http_version, response.http_version) == ("HTTP/2.0", "HTTP/2.0")
    assert (response.wire_size, request.wire_size, response.pieces, request.pieces) == (5, None, [], [])
    facts = run.manifest.facts.imported
    assert facts
    assert (run.code, facts.by, facts.format, run.manifest.facts.target) == (0, "Firefox 140.0", "har", "imported")
    assert "when each piece arrived" in run.said


CONTENTS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "text": ({"mimeType": "text/plain", "text": "hello"}, "text", "hello"),
    "base64 of JSON": (
        {"mimeType": "application/json", "text": base64.b64encode(b'{"a": 1}').decode(), "encoding": "base64"},
        "json",
        {"a": 1},
    ),
    "base64 of bytes": ({"mimeType": "image/png", "text": "/w==", "encoding": "base64"}, "base64", "/w=="),
    "half a surrogate pair": ({"mimeType": "text/plain", "text": "\ud800x"}, "text", "?x"),
    "nothing at all": ({}, "none", None),
}


@pytest.mark.parametrize(("content", "kind", "body"), CONTENTS.values(), ids=CONTENTS.keys())
def test_the_content_of_an_answer_is_read(
    content: dict[str, Any], kind: str, body: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = imported(write(tmp_path, har(entry(answer=content))), capsys)
    response = run.exchanges[0].response
    assert response
    assert (run.code, response.body_kind, response.body) == (0, kind, body)


def test_events_have_the_times_that_devtools_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages = [
        {"time": 1769857201.25, "eventName": "a", "eventId": "", "data": '{"n":1}'},
        {"time": 1769857201.75, "eventName": "b", "eventId": "", "data": '{"n":2}'},
    ]
    whole = entry(answer={"mimeType": "text/event-stream", "text": STREAM}, _eventSourceMessages=messages)
    lacking = entry(answer={"mimeType": "text/event-stream", "size": 50}, _eventSourceMessages=messages)
    edited = entry(answer={"mimeType": "text/event-stream", "text": STREAM[:-3]}, _eventSourceMessages=messages)
    run = imported(write(tmp_path, har(whole, lacking, edited)), capsys)
    timed = [(1769857201.25, 0), (1769857201.75, 24)]
    found = [(one.response.body, one.response.pieces) for one in run.exchanges if one.response]
    assert found == [(STREAM, timed), (STREAM, timed), (STREAM[:-3], [])]
    assert "of 1 exchanges: the text of an event stream, which is put together from its events" in run.said


def test_websocket_messages_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages = [
        {"type": "send", "time": 1769857201.5, "opcode": 1, "data": "hello"},
        {"type": "receive", "time": 1769857202.5, "opcode": 2, "data": "/w=="},
        {"type": "receive", "time": 1769857203.5, "opcode": 9, "data": ""},
    ]
    run = imported(write(tmp_path, har(entry(body=None, answer={}, _webSocketMessages=messages))), capsys)
    conversation = run.exchanges[0].websocket
    assert conversation
    found = [(one.timestamp, one.direction, one.type, one.content) for one in conversation.messages]
    assert found == [(1769857201.5, "client", "text", "hello"), (1769857202.5, "server", "binary", "/w==")]


def test_a_har_that_mitmproxy_wrote_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = tflow.tflow(
        req=tutils.treq(method=b"POST", content=b'{"a": 1}', headers=Headers(content_type="application/json")),
        resp=tutils.tresp(content=b"\xff\x00", headers=Headers(content_type="image/png")),
    )
    failed = tflow.tflow(err=True)
    made = SaveHar().make_har([plain, tflow.twebsocketflow(), failed])
    run = imported(write(tmp_path, json.dumps(made)), capsys)
    first, second, third = run.exchanges
    assert first.response
    assert second.websocket
    assert (first.request.body, first.response.body) == ({"a": 1}, "/wA=")
    assert [one.content for one in second.websocket.messages] == ["aGVsbG8gYmluYXJ5", "hello text", "it's me"]
    assert (third.response, third.error) == (None, "error")


BROKEN: dict[str, tuple[str, list[str], int]] = {
    "cut within a text": (har(entry(), entry())[:-200], ["cut short after 1 entries"], 1),
    "cut between two entries": (
        har(entry(), entry()).partition('}, {"startedDateTime"')[0] + "}",
        ["cut short after 1 entries"],
        1,
    ),
    "an entry without a request": (har({"startedDateTime": "2026-01-31T12:00:00Z"}, entry()), ["entry 1 (byte"], 1),
    "an entry with a number for its URL": (
        har(entry(), entry() | {"request": {"method": "GET", "url": 5}}),
        ["Expected `str`, got `int` - at `$.request.url`"],
        1,
    ),
    "a time that is none": (
        har(entry(), entry() | {"startedDateTime": "soon"}),
        ["startedDateTime 'soon' is no time"],
        1,
    ),
    "base64 that is none": (
        har(entry(answer={"mimeType": "image/png", "text": "not base64!", "encoding": "base64"})),
        ["entry 1: a body is said to be base64 and is not"],
        1,
    ),
}


@pytest.mark.parametrize(("text", "said", "read"), BROKEN.values(), ids=BROKEN.keys())
def test_what_can_be_read_of_a_broken_har_is_kept(
    text: str, said: list[str], read: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = imported(write(tmp_path, text), capsys)
    assert run.code == 1
    assert len(run.exchanges) == read
    for one in said:
        assert any(one in problem for problem in run.problems), run.problems


NOTHING = {
    "no entries": ('{"log": {"entries": []}}', "it holds no exchange"),
    "no log at all": ('{"log": 5}', "there is no `log.entries` in it"),
    "deeper than anything": ('{"log":' + "[" * 100_000, "there is no `log.entries` in it"),
    "an entry that is nested too deeply": ('{"log":{"entries":[{"a":' + "[" * 9999 + "]" * 9999 + "}]}}", "entry 1"),
}


@pytest.mark.parametrize(("text", "said"), NOTHING.values(), ids=NOTHING.keys())
def test_a_har_of_which_nothing_can_be_read_leaves_nothing(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError) as error:
        imported(write(tmp_path, text), capsys)
    assert said in str(error.value)
    assert error.value.code == 1
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file() and path.name != ".redaction-salt"] == []


def test_entries_are_found_by_their_place_alone() -> None:
    log = b'{"pages": [{"entries": [{}]}], "entries": [{"a": "}]"}, {"log": []} ], "z": [{}]}'
    text = b'{"entries": [{"x": 1}], "log": ' + log + b"}"
    assert [text[begin:end] for begin, end in entries(text)] == [b'{"a": "}]"}', b'{"log": []}']


def test_a_large_har_is_read_entry_by_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "x" * 9_000_000
    run = imported(write(tmp_path, har(entry(answer={"mimeType": "text/plain", "text": body}), entry())), capsys)
    first, second = run.exchanges
    assert first.response
    assert second.response
    assert (first.response.body, second.response.body) == (body, {"a": 1})
