"""A page has every body with its very bytes, whatever they are and however the body is kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.addon.json_text import dumps
from probe.addon.redaction.redactor import Redactor
from probe.places import PROJECT
from probe.record import long_lines, reader
from probe.record.reader import read_exchanges
from probe.report.html.recipe import Recipe
from probe.report.html.recipes import Recipes
from probe.trace.repeats import Shorter
from tests.addon.test_bodies import fields_of
from tests.support.bundled import RECORDS
from tests.support.page_files import PageFile, page

CASES = sorted((PROJECT / "tests" / "golden").glob("*/*.jsonl"))
EVENTS = "text/event-stream"
SECRET = "sk-" + "proj-" + "4fK9" * 10
TEXT = "A line of text that is long enough to be a piece of its own, é and \U0001f600 with it. "


def proved(made: PageFile) -> int:
    """Check each body that has a hash against it; return how many have one."""
    count = 0
    for payload in made.payloads():
        expected = payload["stored_sha256"] if payload["redactions"] else payload["sha256"]
        if expected:
            body = made.body(payload["body"])
            assert hashlib.sha256(body).hexdigest() == expected, body[:200]
            count += 1
    return count


@pytest.mark.parametrize("run", RECORDS.values(), ids=RECORDS.keys())
def test_every_body_of_a_bundled_run_has_the_bytes_that_crossed_the_wire(run: Path) -> None:
    made = page(run)
    assert proved(made) == len(made.payloads()) > 0


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_body_of_a_record_from_elsewhere_is_as_it_is_there(case: Path) -> None:
    details = page(case).details
    made = page(case)
    for exchange, detail in zip(read_exchanges(case, lambda number, reason: None), details, strict=True):
        for payload, shown in ((exchange.request, detail["request"]), (exchange.response, detail["response"])):
            if payload is None or payload.body in (None, ""):
                assert not (shown and shown["body"])
            elif payload.body_kind is None:
                body = made.body(shown["body"]).decode()
                assert (body if isinstance(payload.body, str) else json.loads(body)) == payload.body


def exchange(folder: Path, request: bytes, response: bytes, kind: str = "application/json", **more: Any) -> str:
    """Return the line of an exchange as the addon writes it."""
    redactor = Redactor(b"salt")
    sent = fields_of(folder, [request], "application/json", redactor=redactor)
    came = fields_of(folder, [response], kind, redactor=redactor)
    line = {
        "schema": 1,
        "id": "one",
        "timestamp": 1.0,
        "request": {"method": "POST", "url": "https://api.test/v1/messages", "headers": {}, **sent},
        "response": {"status_code": 200, "headers": {"content-type": kind}, "ended": 2.0, **came},
        "error": None,
        **more,
    }
    return dumps(line) + "\n"


def call(messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "system": TEXT * 30, "messages": messages, "stream": True, **more}


def message(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


LONG = [message(f"{number} {TEXT * 3}") for number in range(40)]
ECHO = {"type": "response.created", "response": {"instructions": TEXT * 40, "tools": [{"n": TEXT * 3}] * 60}}
STREAM = "".join(f"event: x\ndata: {dumps(one)}\n\n" for one in [ECHO, {"delta": "é"}, ECHO])
BODIES = {
    "nothing": (b"", b"", ""),
    "compact JSON": (dumps(call(LONG)).encode(), dumps({"a": TEXT * 50, "b": LONG}).encode(), "application/json"),
    "JSON with spaces": (
        json.dumps(call(LONG)).encode(),
        json.dumps(call(LONG), indent=2).encode(),
        "application/json",
    ),
    "JSON that repeats a value": (dumps(call([LONG[0]] * 9, tools=[LONG[0]] * 9)).encode(), b"[]", "application/json"),
    "JSON with a name twice": (b'{"messages":[1],"messages":' + dumps(LONG).encode() + b"}", b"{}", "application/json"),
    "an item within another": (dumps(call([message(dumps(LONG)), *LONG])).encode(), b"{}", "application/json"),
    "a stream": (dumps(call(LONG)).encode(), STREAM.encode(), "text/event-stream"),
    "a stream with CRLF": (b"{}", STREAM.replace("\n", "\r\n").encode(), "text/event-stream"),
    "a stream cut short": (b"{}", STREAM.encode()[:-300], "text/event-stream"),
    "text": (b"no JSON", (TEXT * 99).encode(), "text/plain"),
    "bytes": (b"\xff\xfe" * 999, bytes(range(256)) * 9000, "application/octet-stream"),
    "a secret": (dumps(call([*LONG, message(SECRET)])).encode(), f"key {SECRET}".encode(), "text/plain"),
}


@pytest.mark.parametrize(("request_body", "response_body", "kind"), BODIES.values(), ids=BODIES.keys())
def test_every_kind_of_body_has_its_bytes(tmp_path: Path, request_body: bytes, response_body: bytes, kind: str) -> None:
    file = tmp_path / "traffic.jsonl"
    # Twice: the second time, everything is known.
    file.write_text(exchange(tmp_path, request_body, response_body, kind) * 2)
    made = page(file)
    assert proved(made) == 4
    for detail in made.details:
        for side, body in (("request", request_body), ("response", response_body)):
            assert SECRET.encode() in body or made.body(detail[side]["body"]) == body


def test_a_secret_is_in_no_piece(tmp_path: Path) -> None:
    file = tmp_path / "traffic.jsonl"
    file.write_text(exchange(tmp_path, *BODIES["a secret"]))
    made = page(file)
    assert not any(SECRET.encode() in piece for piece in made.pieces.values())
    assert made.details[0]["request"]["redactions"] == 1


def test_a_record_that_another_program_rewrote_proves_itself_still(tmp_path: Path) -> None:
    file = tmp_path / "traffic.jsonl"
    line = exchange(tmp_path, *BODIES["a stream"]) + exchange(tmp_path, *BODIES["a secret"])
    file.write_text("".join(json.dumps(json.loads(one), sort_keys=False) + "\n" for one in line.splitlines()))
    assert proved(page(file)) == 4


def test_messages_of_a_websocket_have_their_bytes(tmp_path: Path) -> None:
    texts = [
        dumps({"type": "response.create", "model": "m", "input": LONG, "instructions": TEXT * 30}),
        dumps(ECHO),
        "x",
    ]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    messages: list[Any] = [
        {"timestamp": 1.5, "direction": side, "type": "text", "content": text, "size": len(text), "sha256": digest}
        for side, text, digest in zip(("client", "server", "server"), texts, digests, strict=True)
    ]
    binary = {"timestamp": 1.6, "direction": "server", "type": "binary", "content": "/wA=", "sha256": _sha(b"\xff\x00")}
    file = tmp_path / "traffic.jsonl"
    file.write_text(exchange(tmp_path, b"", b"", websocket={"messages": [*messages, *messages, binary]}))
    made = page(file)
    assert proved(made) == 2 + 7
    assert made.body(made.details[0]["websocket"]["messages"][6]["body"]) == b"\xff\x00"


def test_a_conversation_that_is_sent_again_is_one_run_of_items(tmp_path: Path) -> None:
    file = tmp_path / "traffic.jsonl"
    lines = [exchange(tmp_path, dumps(call(LONG[: 30 + turn])).encode(), b"{}") for turn in range(5)]
    file.write_text("".join(lines))
    made = page(file)
    assert proved(made) == 10
    runs = [part for detail in made.details for part in detail["request"]["body"] if isinstance(part, dict)]
    assert [len(run["items"]) for run in runs if run["by"] == ","] == [2] * 5
    assert sum(made.index["pieces"]) < 3 * len(lines[-1])


def test_what_streams_repeat_is_kept_once_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repeated = {"instructions": TEXT * 40, 'a "quoted" é': TEXT * 50, "tools": [{"name": TEXT * 3}] * 60}
    lines = []
    for number in range(6):
        types = ("response.created", "response.in_progress", "response.completed")
        answer = {"id": f"r{number}", **repeated, "status": "completed", "output": []}
        events = [f"event: {one}\ndata: {dumps({'type': one, 'response': answer})}\n\n" for one in types]
        line = exchange(tmp_path, dumps({"model": "m", "input": LONG[:3]}).encode(), "".join(events).encode(), EVENTS)
        lines.append(line.replace("/v1/messages", "/v1/responses"))
    shorter: list[Shorter] = []
    of_shorter = Recipes.of_shorter

    def noted(recipes: Recipes, stream: Shorter) -> Recipe:
        shorter.append(stream)
        return of_shorter(recipes, stream)

    monkeypatch.setattr(Recipes, "of_shorter", noted)
    file = tmp_path / "traffic.jsonl"
    file.write_text("".join(lines))
    made = page(file)
    assert proved(made) == 12
    assert len(shorter) >= 4
    assert sum(made.index["pieces"]) < 1.2 * len(lines[0])


LONG_BODIES = {
    "an event stream": ("text/event-stream", STREAM.encode()),
    "text": ("text/plain", (TEXT * 300).encode()),
    "bytes": ("application/octet-stream", b"\xff\x00" * 20_000),
    "exact JSON text": ("application/json", b"[1]" + b" " * 30_000),
    "a text inside JSON": ("application/json", dumps({"a": "x" * 30_000}).encode()),
}


@pytest.mark.parametrize(("kind", "data"), LONG_BODIES.values(), ids=LONG_BODIES.keys())
def test_a_body_that_is_too_long_to_be_loaded_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, data: bytes
) -> None:
    for module, name, value in (
        (reader, "LONG_LINE", 20_000),
        (long_lines, "LONG_TEXT", 10_000),
        (long_lines, "KEPT", 1000),
        (long_lines, "_CHUNK", 777),
    ):
        monkeypatch.setattr(module, name, value)
    file = tmp_path / "traffic.jsonl"
    file.write_text(exchange(tmp_path, b"{}", data, kind))
    made = page(file)
    assert proved(made) == 2
    assert made.body(made.details[0]["response"]["body"]) == data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | inner.map(lambda one: [one, TEXT * 20, one]),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(JSON, max_size=6), JSON, st.sampled_from([",", ", ", " ,\n"]))
def test_any_call_has_its_bytes(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Any], other: Any, comma: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    body = json.dumps(call(messages, messages2=messages, tools=other), separators=(comma, ":"), ensure_ascii=False)
    answer = f"data: {json.dumps(other)}\n\ndata: {json.dumps([other, messages])}\n\n"
    file = folder / "traffic.jsonl"
    file.write_text(exchange(folder, body.encode("utf-8", "replace"), answer.encode(), "text/event-stream") * 2)
    assert proved(page(file)) == 4


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
