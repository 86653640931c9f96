"""The record is exact, the agent notices nothing, and nothing is opened or written that nobody asked for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from probe.record.exchange import Exchange, Payload
from probe.replay.timed_answer import stored_bytes
from tests.support import encodings
from tests.support.captures import Listening, Machine
from tests.support.client import Answer, ask, begin, connect, read_until
from tests.support.echo import CLOSE, CLOSE_CODE, CLOSE_REASON, echo_running
from tests.support.provider import provider_running
from tests.support.upstream import STEP_SECONDS, Handler, Upstream, upstream_running
from tests.support.wirelog import Bytes

PATH = "/v1/responses"
QUESTION = json.dumps({"model": "test-model", "input": "Was kostet das? 日本語"}, ensure_ascii=False).encode()
COMPLETED = b'"type":"response.completed"'


def check(payload: Payload | None, wire: Bytes, decoded: Bytes) -> None:
    """Compare a recorded body with what a server really received or sent."""
    assert payload is not None
    assert (payload.size, payload.sha256, payload.wire_size) == (decoded.size, decoded.sha256, wire.size)
    assert Bytes.of(stored_bytes(payload)) == decoded
    assert (payload.decode_error, payload.lost, payload.redactions) == (None, 0, 0)


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Cut a body, so that it is sent in chunks."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


# -- bodies -----------------------------------------------------------------------------------------------------


def _framed(body: bytes, framing: str) -> bytes | Iterator[bytes]:
    return in_pieces(body, 17) if framing == "chunked" else body


@pytest.mark.parametrize("encoding", encodings.NAMES)
def test_bodies_are_recorded_as_they_were_in_every_encoding(machine: Machine, encoding: str) -> None:
    body = encodings.encode(QUESTION, encoding)
    headers = {"content-type": "application/json", "content-encoding": encoding.replace("none", "identity")}
    with (
        provider_running(encoding=encoding) as provider,
        machine.listening(f"--upstream=model={provider.url}") as live,
    ):
        answers = [ask(live.url + PATH, _framed(body, framing), headers=headers) for framing in ("length", "chunked")]
        live.end()
        provider.log.wait_settled()
    _check_all(machine, answers, provider.log.requests, provider.log.responses)
    assert [one.request.header("transfer-encoding") for one in machine.records] == [None, "chunked"]


def _check_all(machine: Machine, answers: list[Answer], requests: list[Any], responses: list[Any]) -> None:
    """Compare what each side saw: the agent, the record, and the provider."""
    assert [Bytes.of(answer.body) for answer in answers] == [sent.wire for sent in responses]
    assert len(machine.records) == len(requests) == len(responses) == len(answers)
    for exchange, received, sent in zip(machine.records, requests, responses, strict=True):
        assert exchange.error is None
        check(exchange.request, received.wire, received.decoded)
        check(exchange.response, sent.wire, sent.decoded)


LARGE = {
    "JSON": json.dumps({"input": "Ein Wort und noch eins. " * 90_000}).encode(),
    "JSON over the limit of one piece": json.dumps({"input": "x" * (9 << 20)}).encode(),
    "random bytes": os.urandom(2 << 20),
}


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_requests_are_recorded_whole(machine: Machine, framing: str) -> None:
    with provider_running() as provider, machine.listening(f"--upstream=model={provider.url}") as live:
        answers = [
            ask(live.url + PATH, body if framing == "length" else in_pieces(body, 65_536)) for body in LARGE.values()
        ]
        live.end()
        provider.log.wait_settled()
    assert [received.decoded for received in provider.log.requests] == [Bytes.of(body) for body in LARGE.values()]
    _check_all(machine, answers, provider.log.requests, provider.log.responses)
    assert [one.request.body_kind for one in machine.records] == ["json", "text", "base64"]


# -- WebSockets -------------------------------------------------------------------------------------------------

MESSAGES: list[str | bytes] = [
    "text with Ümläut and 日本語",
    b"\x00\xff binary",
    "",
    "x" * 300_000,
    os.urandom(100_000),
]


async def _converse(url: str, compress: int) -> tuple[list[str | bytes], int | None]:
    """Send all messages over a WebSocket; give what came back, and the close code."""
    got: list[str | bytes] = []
    async with (
        asyncio.timeout(20),
        aiohttp.ClientSession() as session,
        session.ws_connect(url, compress=compress, max_msg_size=0) as ws,
    ):
        assert ws.compress == compress
        for message in MESSAGES:
            await (ws.send_str(message) if isinstance(message, str) else ws.send_bytes(message))
            got.append((await ws.receive()).data)
        await ws.send_str(CLOSE.decode())
        await ws.receive()
        return got, ws.close_code


@pytest.mark.parametrize("compress", [0, 15], ids=["as it is", "permessage-deflate"])
def test_a_websocket_is_recorded_message_by_message(machine: Machine, compress: int) -> None:
    with echo_running() as echo, machine.listening(f"--upstream=model={echo.url}") as live:
        got, close_code = asyncio.run(_converse(live.url + PATH, compress))
        live.end()
    (exchange,) = machine.records
    assert (got, close_code) == (MESSAGES, CLOSE_CODE)
    assert exchange.websocket is not None
    kept = [(one.direction, one.size, one.sha256) for one in exchange.websocket.messages]
    assert kept == [(one.direction, one.decoded.size, one.decoded.sha256) for one in echo.log.messages]
    kinds = ["text" if isinstance(one, str) else "binary" for one in MESSAGES for _ in range(2)]
    assert [one.type for one in exchange.websocket.messages] == [*kinds, "text"]
    closed = (exchange.websocket.close_code, exchange.websocket.close_reason, exchange.websocket.closed_by)
    assert closed == (CLOSE_CODE, CLOSE_REASON, "server")
    assert exchange.error is None


# -- streams ----------------------------------------------------------------------------------------------------

EVENTS = [b"event: one\ndata: 1\n\n", b"event: two\ndata: 2\n\n"]


class Steps:
    """An upstream that goes on only when the agent has got, or sent, the first piece."""

    def __init__(self) -> None:
        self.got_first = threading.Event()
        self.sent_first = threading.Event()

    def answer(self, handler: Handler) -> None:
        """Send the second event only after the agent has told that it got the first."""
        handler.stream()
        handler.chunk(EVENTS[0])
        if self.got_first.wait(STEP_SECONDS):
            handler.chunk(EVENTS[1])
        handler.chunk(b"")

    def question(self, handler: Handler) -> None:
        """Report that the first chunk of the request has arrived, then read the rest."""
        data = handler.request_chunk()
        if data == EVENTS[0]:
            self.sent_first.set()
        while piece := handler.request_chunk():
            data += piece
        handler.whole(data)


def test_each_piece_of_an_answer_is_passed_on_as_it_arrives(machine: Machine) -> None:
    steps = Steps()
    with upstream_running({"/a": steps.answer}) as upstream, machine.listening(_to(upstream)) as live:
        with closing(connect(live.url)) as connection:
            response = begin(connection, live.url + "/a")
            first = read_until(response, EVENTS[0])
            steps.got_first.set()
            second = read_until(response, EVENTS[1])
        exchange = live.record("/a")
    assert [first, second] == EVENTS
    check(exchange.response, Bytes.of(b"".join(EVENTS)), Bytes.of(b"".join(EVENTS)))
    assert exchange.response is not None
    assert [offset for _, offset in exchange.response.pieces] == [0, len(EVENTS[0])]


def test_each_piece_of_a_request_is_passed_on_as_it_is_sent(machine: Machine) -> None:
    steps = Steps()

    def pieces() -> Iterator[bytes]:
        yield EVENTS[0]
        if steps.sent_first.wait(STEP_SECONDS):
            yield EVENTS[1]

    with upstream_running({"/q": steps.question}) as upstream, machine.listening(_to(upstream)) as live:
        answer = ask(live.url + "/q", pieces())
        exchange = live.record("/q")
    assert answer.body == b"".join(EVENTS)
    check(exchange.request, Bytes.of(answer.body), Bytes.of(answer.body))
    assert [offset for _, offset in exchange.request.pieces] == [0, len(EVENTS[0])]


HELD_SECONDS = 2.0
"""How long the provider leaves a connection open after its last event."""


def test_an_agent_that_closes_after_the_last_event_leaves_a_whole_record(machine: Machine) -> None:
    with (
        provider_running(hold_open=HELD_SECONDS) as provider,
        machine.listening(f"--upstream=model={provider.url}") as live,
    ):
        with closing(connect(live.url)) as connection:
            response = begin(connection, live.url + PATH, QUESTION, headers={"content-type": "application/json"})
            seen = read_until(response, COMPLETED)
            seen += b"" if seen.endswith(b"\n\n") else read_until(response, b"\n\n")
        ended = live.end()
        provider.log.wait_settled()
    (exchange,), (sent,) = machine.records, provider.log.responses
    assert Bytes.of(seen) == sent.decoded
    check(exchange.response, sent.wire, sent.decoded)
    assert (ended.code, machine.manifest["counts"]["cut_short"]) == (0, 0)


# -- answers of every kind --------------------------------------------------------------------------------------


def _repeated(handler: Handler) -> None:
    fields = [("X-Many", "one"), ("Via", "1.1 a"), ("x-many", "two"), ("X-Many", "one")]
    handler.whole(b"{}", ("Content-Type", "application/json"), *fields)


def _broken_gzip(handler: Handler) -> None:
    handler.whole(b"\x1f\x8bnot gzip at all", ("Content-Encoding", "gzip"))


SCRIPTS = {
    "/head": lambda handler: handler.head(200, ("Content-Length", "1234")),
    "/204": lambda handler: handler.head(204),
    "/304": lambda handler: handler.head(304, ("ETag", '"abc"')),
    "/repeated": _repeated,
    "/broken-gzip": _broken_gzip,
    "/plain": lambda handler: handler.whole(b"fine", ("Content-Type", "text/plain")),
    "/gateway/v1/plain": lambda handler: handler.whole(b"fine"),
}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Upstream, Listening]]:
    """Capture in front of an upstream that answers by path."""
    machine = Machine(tmp_path_factory.mktemp("answers"))
    with upstream_running(SCRIPTS) as upstream, machine.listening(_to(upstream)) as listening:
        yield upstream, listening


def _to(upstream: Upstream) -> str:
    return f"--upstream=model={upstream.url}"


EMPTY_ANSWERS = {
    "to HEAD": ("HEAD", "/head", 200, ("content-length", "1234")),
    "204": ("POST", "/204", 204, None),
    "304": ("GET", "/304", 304, ("etag", '"abc"')),
}


@pytest.mark.parametrize(
    ("method", "path", "status", "header"), EMPTY_ANSWERS.values(), ids=[f"answer {key}" for key in EMPTY_ANSWERS]
)
def test_an_answer_without_a_body_is_a_whole_record(
    live: tuple[Upstream, Listening], method: str, path: str, status: int, header: tuple[str, str] | None
) -> None:
    answer = ask(live[1].url + path, method=method)
    exchange = live[1].record(path)
    assert answer.status == status
    assert exchange.response is not None
    assert (exchange.request.method, exchange.response.status_code, exchange.error) == (method, status, None)
    assert (exchange.response.body_kind, exchange.response.size) == ("none", 0)
    assert header is None or exchange.response.header(header[0]) == header[1]


def test_repeated_headers_keep_all_their_values_in_order(live: tuple[Upstream, Listening]) -> None:
    answer = ask(live[1].url + "/repeated", method="GET")
    exchange = live[1].record("/repeated")
    assert [value for name, value in answer.headers if name.lower() == "x-many"] == ["one", "two", "one"]
    assert exchange.response is not None
    assert exchange.response.headers["X-Many"] == ["one", "two", "one"]
    assert exchange.response.headers["Via"] == "1.1 a"


def test_a_body_that_is_not_what_it_says_is_kept_as_it_was(live: tuple[Upstream, Listening]) -> None:
    answer = ask(live[1].url + "/broken-gzip")
    response = live[1].record("/broken-gzip").response
    assert response is not None
    assert (stored_bytes(response), response.sha256) == (answer.body, hashlib.sha256(answer.body).hexdigest())
    assert "gzip" in str(response.decode_error)


def test_a_path_in_the_upstream_goes_before_the_requests_own(machine: Machine) -> None:
    with upstream_running(SCRIPTS) as upstream, machine.listening(f"{_to(upstream)}/gateway/") as live:
        assert ask(live.url + "/v1/plain?a=1&b").body == b"fine"
        exchange = live.record("/gateway/v1/plain")
    assert [path for _, path, _ in upstream.seen] == ["/gateway/v1/plain?a=1&b"]
    assert exchange.request.url == f"{upstream.url}/gateway/v1/plain?a=1&b"


def test_each_record_names_the_listener_that_it_came_through(machine: Machine) -> None:
    with (
        upstream_running(SCRIPTS) as one,
        upstream_running(SCRIPTS) as two,
        machine.listening(_to(one), f"--upstream=backend={two.url}") as live,
    ):
        for name in ("model", "backend", "model"):
            assert ask(live.urls[name] + "/plain", method="GET").body == b"fine"
    told = [(exchange.listener, exchange.request.url) for exchange in machine.records]
    model, backend = ("model", f"{one.url}/plain"), ("backend", f"{two.url}/plain")
    assert told == [model, backend, model]


# -- what is opened and written ---------------------------------------------------------------------------------


def test_the_upstream_is_connected_to_when_a_request_comes_and_not_before(machine: Machine) -> None:
    with upstream_running(SCRIPTS) as upstream, machine.listening(_to(upstream)) as live:
        parts = urlsplit(live.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=STEP_SECONDS):
            # Connections are made in their order: an eager one for the silent client would come first.
            ask(live.url + "/plain", method="GET")
        assert upstream.connections == 1


def test_nothing_is_written_outside_the_data_folder(machine: Machine) -> None:
    with upstream_running(SCRIPTS) as upstream, machine.listening(_to(upstream)) as live:
        ask(live.url + "/plain", method="GET")
    elsewhere = [machine.home, machine.temporary, machine.workspace]
    assert [path for folder in elsewhere for path in folder.rglob("*")] == []
    files = [path for path in machine.data.rglob("*") if path.is_file()]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    folders = [path for path in [machine.data, *machine.data.rglob("*")] if path.is_dir()]
    assert {oct(path.stat().st_mode & 0o777) for path in folders} == {"0o700"}


def test_records_end_in_the_order_of_the_file(machine: Machine) -> None:
    def answered(exchange: Exchange) -> float:
        assert exchange.response is not None
        assert exchange.response.ended is not None
        return exchange.response.ended

    with provider_running(pause=0.01) as provider, machine.listening(f"--upstream=model={provider.url}") as live:
        threads = [threading.Thread(target=ask, args=(f"{live.url}/{n}/responses", QUESTION)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(STEP_SECONDS)
    times = [answered(exchange) for exchange in machine.records]
    assert (len(times), times) == (8, sorted(times))
