"""What is rare, large or hostile, and no fault: passed on as it came, whole on the record, in little memory."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from probe.record.exchange import Headers, Payload
from probe.record.open_record import mapped, open_record, record_file, record_size
from probe.record.runs import TRAFFIC
from probe.verify.__main__ import main as verify
from tests.support.captures import Listening, Machine, wait_for
from tests.support.proof import FINE, QUESTION, check, check_end, content
from tests.support.raw import (
    CLOSE,
    END_OF_HEAD,
    TEXT,
    UPGRADE,
    Server,
    Wire,
    accept_websocket,
    answer,
    body,
    chunk,
    close_code,
    dial,
    frame,
    head,
    read_frame,
    request,
    serving,
)

pytestmark = pytest.mark.slow

EVENT = b"event: one\ndata: 1\n\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
JSON = "Content-Type: application/json"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


def _to(upstream: Server, listener: str = "model") -> str:
    return f"--upstream={listener}={upstream.url}"


def memory(live: Listening, what: str) -> int:
    """Return the proxy's memory in bytes: VmRSS is what it has, VmHWM the most that it ever had."""
    status = Path(f"/proc/{live.proxy_process.pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) << 10


# -- answers of every kind --------------------------------------------------------------------------------------

ERROR = b'{"error":{"message":"no"}}'
STATUSES = [
    "400 Bad Request",
    "401 Unauthorized",
    "404 Not Found",
    "429 Too Many Requests",
    "500 Internal Server Error",
    "503 Service Unavailable",
    "529 Overloaded",
]
LARGE = ("X-Long: " + "a" * 500_000, *(f"X-{number}: {'b' * 490}" for number in range(1000)))


@dataclass(frozen=True, kw_only=True)
class Rare:
    """An answer, and what belongs to it."""

    lines: tuple[str, ...] = ()
    """More header lines of the request."""
    interim: bytes = b""
    """Answers before the answer."""
    final: bytes
    trailers: Headers | None = None


ANSWERS = {
    **{f"{status} with a body": Rare(final=answer(ERROR, JSON, status=status)) for status in STATUSES},
    **{f"{status} without a body": Rare(final=answer(status=status)) for status in STATUSES},
    **{
        f"{status} to an upgrade": Rare(lines=UPGRADE, final=answer(ERROR, JSON, status=status))
        for status in ("404 Not Found", "426 Upgrade Required", "500 Internal Server Error")
    },
    "an answer after interim answers": Rare(
        interim=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
        final=FINE,
    ),
    "a stream with trailers": Rare(
        final=STREAM + chunk(EVENT) + b"0\r\nX-Sum: 5\r\nx-many: one\r\nx-many: two\r\n\r\n",
        trailers={"X-Sum": "5", "x-many": ["one", "two"]},
    ),
    "a megabyte of header": Rare(lines=LARGE, final=answer(b"fine", *LARGE)),
}


def path_of(fields: dict[str, str]) -> str:
    """Return the path that was asked for."""
    return fields[""].split(" ")[1]


def by_number(wire: Wire) -> None:
    """Answer as the table says; the path is the row's number."""
    while True:
        fields = head(wire)
        body(wire, fields)
        rare = list(ANSWERS.values())[int(path_of(fields)[1:])]
        wire.send(rare.interim + rare.final)


def rarely(wire: Wire) -> None:
    """Answer at once what is asked for early, without a length what is asked for last, and all other as ever."""
    fields = head(wire)
    if path_of(fields) == "/early":
        wire.send(answer(b"too much", status="413 Too Large"))
        body(wire, fields)
        wire.drain()
        return
    body(wire, fields)
    wire.send(b"HTTP/1.1 200 OK\r\n\r\nfine" if path_of(fields) == "/last" else FINE)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Listening, Server, Server]]:
    """Capture what has to leave a run without any problem; the backend is reached by IPv6."""
    machine = Machine(tmp_path_factory.mktemp("sound"))
    with (
        serving(by_number) as upstream,
        serving(rarely, host="::1") as backend,
        machine.listening(_to(upstream), _to(backend, "backend")) as live,
    ):
        yield live, upstream, backend
        ended = live.end()
    check_end(machine, ended, written=len(machine.records), cut_short=0)


Sound = tuple[Listening, Server, Server]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_passed_on_byte_for_byte_and_whole_on_the_record(sound: Sound, name: str) -> None:
    live, upstream, _ = sound
    rare, path = ANSWERS[name], f"/{list(ANSWERS).index(name)}"
    with dial(live.url) as agent:
        agent.send(request(path, QUESTION, *rare.lines))
        expected = rare.interim + rare.final
        assert agent.take(len(expected)) == expected
    exchange = live.record(path)
    assert exchange.error is None
    assert exchange.response is not None
    check(exchange.request, QUESTION)
    check(exchange.response, content(rare.final))
    assert exchange.response.trailers == rare.trailers
    for line in rare.lines:
        assert line.encode() in seen_by(upstream, path)
    assert [line for line in head_lines(exchange.request) if line.startswith(("X-", "Sec-", "Upgrade"))] == [
        line for line in rare.lines if not line.startswith("Connection")
    ]
    status_line, *lines = rare.final.partition(END_OF_HEAD)[0].decode().split("\r\n")
    assert (exchange.response.status_code, head_lines(exchange.response)) == (int(status_line.split(" ")[1]), lines)
    interim = [f"HTTP/1.1 {one.status_code} {one.reason}" for one in exchange.response.interim]
    assert interim == [line for line in rare.interim.decode().split("\r\n") if line.startswith("HTTP")]


def head_lines(message: Payload) -> list[str]:
    """Write recorded headers as they were sent."""
    return [f"{name}: {value}" for name, value in message.headers.items()]


def seen_by(server: Server, path: str) -> bytes:
    """Return what a server has received on the connection on which a path was asked for."""
    return next(bytes(wire.received) for wire in server.wires if f" {path} ".encode() in wire.received)


def test_an_ipv6_upstream_gets_a_valid_host_and_the_record_a_valid_url(sound: Sound) -> None:
    live, _, backend = sound
    with dial(live.urls["backend"]) as agent:
        agent.send(request("/six", QUESTION))
        assert agent.take(len(FINE)) == FINE
    assert f"Host: {urlsplit(backend.url).netloc}\r\n".encode() in seen_by(backend, "/six")
    exchange = live.record("/six")
    assert exchange.request.url == f"{backend.url}/six"
    check(exchange.request, QUESTION)


def test_an_answer_that_ends_with_its_connection_is_whole(sound: Sound) -> None:
    live, _, _ = sound
    with dial(live.urls["backend"]) as agent:
        agent.send(request("/last", QUESTION))
        assert content(agent.rest()) == b"fine"
    exchange = live.record("/last")
    check(exchange.response, b"fine")
    assert exchange.error is None


def test_a_request_that_is_answered_before_its_end_is_whole_on_the_record(sound: Sound) -> None:
    live, _, _ = sound
    with dial(live.urls["backend"]) as agent:
        whole = request("/early", QUESTION)
        agent.send(whole[:-10])
        agent.until(b"too much")
        agent.send(whole[-10:])
        exchange = live.record("/early")
    check(exchange.request, QUESTION)
    check(exchange.response, b"too much")
    assert exchange.error is None


def test_a_request_that_waits_for_100_continue_gets_it(sound: Sound) -> None:
    live, _, _ = sound
    with dial(live.urls["backend"]) as agent:
        whole = request("/continue", QUESTION, "Expect: 100-continue")
        agent.send(whole.removesuffix(QUESTION))
        assert agent.until(END_OF_HEAD) == b"HTTP/1.1 100 Continue\r\n\r\n"
        agent.send(QUESTION)
        assert agent.take(len(FINE)) == FINE
    exchange = live.record("/continue")
    check(exchange.request, QUESTION)
    assert exchange.request.header("expect") == "100-continue"
    assert exchange.response is not None
    # It was the proxy's own.
    assert exchange.response.interim == []


def test_a_request_with_trailers_reaches_the_upstream_with_them(sound: Sound) -> None:
    live, _, backend = sound
    sent = chunk(QUESTION) + b"0\r\nX-Sum: 5\r\nAuthorization: Bearer sk-in-a-trailer\r\n\r\n"
    with dial(live.urls["backend"]) as agent:
        agent.send(b"POST /trailers HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
        assert agent.take(len(FINE)) == FINE
    exchange = live.record("/trailers")
    assert seen_by(backend, "/trailers").endswith(END_OF_HEAD + sent)
    check(exchange.request, QUESTION)
    assert exchange.request.trailers is not None
    assert exchange.request.trailers["X-Sum"] == "5"
    assert "sk-in-a-trailer" not in str(exchange)


# -- hostile bodies ---------------------------------------------------------------------------------------------

DEEP = 10_000
BODIES = {
    "invalid UTF-8": b'{"input":"\xff\xfe\xc3("}',
    "UTF-8 of a surrogate": b'{"input":"\xed\xa0\x80"}',
    "NUL bytes": b'{"input":"\x00\x00"}\x00',
    "escaped NUL": rb'{"input":"a\u0000b"}',
    "a lone surrogate": rb'{"input":"\ud800"}',
    "a key that is a lone surrogate": rb'{"\udfff":1}',
    "a key that appears twice": b'{"input":1,"input":{"input":2},"input":3}',
    "a number of 300 digits": b'{"input":' + b"9" * 300 + b"}",
    "a number of 300 digits in a fraction": b'{"input":0.' + b"1" * 300 + b"}",
    "a number beyond all floats": b'{"input":1e999,"b":-1e-999}',
    "what is no number": b'{"input":[NaN,Infinity,-Infinity]}',
    "10,000 arrays in each other": b'{"input":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "10,000 objects in each other": b'{"input":' + b'{"a":' * DEEP + b"1" + b"}" * (DEEP + 1),
    "10,000 arrays without an end": b"[" * DEEP,
    "a byte order mark": b'\xef\xbb\xbf{"input":1}',
    "line ends that JSON does not know": '{"input":"\u2028\u2029\x85"}'.encode(),
    "escape sequences of a terminal": b'{"input":"\x1b]0;title\x07\x1b[31m"}',
    "a stream in JSON's name": EVENT,
    "white space": b" \r\n\t",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """Capture in front of an upstream that sends everything back; then verify and analyze."""
    machine = Machine(tmp_path_factory.mktemp("hostile"))

    def sends_back(wire: Wire) -> None:
        while True:
            fields = head(wire)
            wire.send(answer(body(wire, fields), f"Content-Type: {fields['content-type']}"))

    with serving(sends_back) as upstream, machine.listening(_to(upstream)) as live:
        yield live
        live.end()
    assert verify(["--run", str(machine.run_folder)]) == 0
    analyzed = machine.run("analyze", "--run", str(machine.run_folder))
    assert (analyzed.code, analyzed.stderr.count("Traceback")) == (0, 0), analyzed.stderr
    report = (machine.run_folder / "report.md").read_text()
    # As many as this process was given of the tests.
    sent = len((machine.run_folder / "traffic.jsonl").read_bytes().splitlines())
    assert f"- {sent} exchange{'' if sent == 1 else 's'} in " in report
    assert "renderer failed" not in report


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_on_the_record_as_it_was(hostile: Listening, name: str, content_type: str) -> None:
    data = BODIES[name]
    path = f"/{list(BODIES).index(name)}/{content_type}/responses"
    with dial(hostile.url) as agent:
        agent.send(request(path, data, f"Content-Type: {content_type}"))
        assert body(agent, head(agent)) == data
    exchange = hostile.record(path)
    check(exchange.request, data)
    check(exchange.response, data)
    assert exchange.error is None


# -- many and much ----------------------------------------------------------------------------------------------

AGENTS = 64


def test_64_agents_at_once_are_not_mixed_up(machine: Machine) -> None:
    def reversed_in_pieces(wire: Wire) -> None:
        data = body(wire, head(wire))[::-1]
        wire.send(STREAM + b"".join(chunk(data[start : start + 7000]) for start in range(0, len(data), 7000)))
        wire.send(b"0\r\n\r\n")

    bodies = [os.urandom(100_000 + number) for number in range(AGENTS)]
    together = threading.Barrier(AGENTS)
    with serving(reversed_in_pieces) as upstream, machine.listening(_to(upstream)) as live:

        def asked(number: int) -> bytes:
            with dial(live.url) as agent:
                whole = request(f"/{number}", bodies[number])
                agent.send(whole[:50_000])
                together.wait(60)
                agent.send(whole[50_000:])
                return body(agent, head(agent))

        with ThreadPoolExecutor(AGENTS) as agents:
            answers = list(agents.map(asked, range(AGENTS)))
        ended = live.end()
    assert answers == [data[::-1] for data in bodies]
    for exchange in machine.records:
        number = int(urlsplit(exchange.request.url).path[1:])
        check(exchange.request, bodies[number])
        check(exchange.response, bodies[number][::-1])
    check_end(machine, ended, written=AGENTS, cut_short=0)


MB = 1 << 20
MESSAGES = 20_000


@linux
def test_20_000_messages_of_a_websocket_are_on_the_record_in_little_memory(machine: Machine) -> None:
    def sends_back(wire: Wire) -> None:
        accept_websocket(wire)
        while True:
            opcode, data = read_frame(wire)
            wire.send(frame(opcode, data))

    sizes = []
    with serving(sends_back) as upstream, machine.listening(_to(upstream)) as live, dial(live.url) as agent:
        agent.send(request("/x", b"", *UPGRADE, method="GET"))
        head(agent)
        for number in range(MESSAGES // 2):
            agent.send(frame(TEXT, _message(number), masked=True))
            assert read_frame(agent) == (TEXT, _message(number))
            if number in (MESSAGES // 8, MESSAGES // 2 - 1):
                sizes.append(memory(live, "VmRSS"))
        agent.send(frame(CLOSE, close_code(1000), masked=True))
        agent.drain()
        ended = live.end()
    (exchange,) = machine.records
    assert exchange.websocket is not None
    kept = [(one.direction, one.content) for one in exchange.websocket.messages]
    expected = (_message(number).decode() for number in range(MESSAGES // 2))
    assert kept == [(side, text) for text in expected for side in ("client", "server")]
    # What went between the two is twice as large.
    assert sizes[1] - sizes[0] < 8 * MB
    check_end(machine, ended, written=1, cut_short=0)


def _message(number: int) -> bytes:
    return json.dumps({"type": "x", "number": number, "text": "word " * 200}).encode()


DOWN, UP = 500, 200
LINE = b'data: {"type":"x","text":"' + b"All work and no play makes a dull boy. " * 25
DOWN_BLOCK, UP_BLOCK = (LINE.ljust(1020, end) + b'"}\n\n' for end in (b"!", b"?"))


@linux
def test_500_mb_down_and_200_mb_up_are_on_the_record_in_little_memory(machine: Machine) -> None:
    def much(wire: Wire) -> None:
        fields = head(wire)
        if path_of(fields) == "/up":
            wire.send(answer(swallowed(wire, UP).encode()))
        else:
            wire.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for _ in range(DOWN):
                wire.socket.sendall(DOWN_BLOCK * 1024)

    with serving(much) as upstream, machine.listening(_to(upstream)) as live:
        with dial(live.url) as agent:
            agent.send(request("/down"))
            head(agent)
            got = swallowed(agent, DOWN)
        with dial(live.url) as agent:
            agent.send(b"POST /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (UP * MB))
            for _ in range(UP):
                agent.socket.sendall(UP_BLOCK * 1024)
            put = body(agent, head(agent)).decode()
        wait_for(lambda: ends_after(machine, (DOWN + UP) * MB), "both records", seconds=60)
        peak = memory(live, "VmHWM")
        ended = live.end()
    assert peak <= 100 * MB
    assert ended.code == 0, ended.stderr
    # By default a record of this size is compressed at the end.
    record = machine.run_folder / TRAFFIC
    assert record_file(record).name == "traffic.jsonl.zst"
    # To load a line of half a gigabyte would take long; what has to stand in it is known.
    with open_record(record) as file, mapped(file, 0, record_size(record)) as (text, _):
        assert stands_in(text, DOWN_BLOCK, DOWN)
        assert stands_in(text, UP_BLOCK, UP)
        assert all(text.find(f'"sha256":"{digest}"'.encode()) > 0 for digest in (got, put))


def stands_in(text: mmap, block: bytes, megabytes: int) -> bool:
    """Check whether a body of so many blocks stands whole in a file of records."""
    escaped = json.dumps(block.decode())[1:-1].encode() * 1024
    begin = text.find(b'"body":"' + escaped) + len('"body":"')
    end = begin + len(escaped) * megabytes
    pieces = (text[start : start + len(escaped)] for start in range(begin, end, len(escaped)))
    return all(piece == escaped for piece in pieces) and text[end : end + 1] == b'"'


def swallowed(wire: Wire, megabytes: int) -> str:
    """Receive so much, keep nothing of it, and give its hash."""
    left, digest = megabytes * MB, hashlib.sha256()
    while left:
        # What has come with the head is taken first.
        data = wire.pending() or wire.socket.recv(MB)
        assert data, "the connection ended early"
        digest.update(data)
        left -= len(data)
    return digest.hexdigest()


def ends_after(machine: Machine, size: int) -> bool:
    """Check whether a whole line is the last of so many bytes; the file is too large to be read again and again."""
    with (machine.run_folder / TRAFFIC).open("rb") as file:
        if file.seek(0, os.SEEK_END) <= size:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
