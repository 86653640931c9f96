"""Whatever breaks: what crossed the proxy is on the record, with the cause in words, and the next exchange works."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probe.addon.config import Config, Listener
from probe.record.exchange import Exchange
from probe.wire.helper_process import Child
from probe.wire.ports import free_ports
from tests.support.captures import Machine, read_records, wait_for
from tests.support.certificates import Authority
from tests.support.forward_proxy import proxy_running
from tests.support.proof import NEXT, QUESTION, check, check_end, check_next, content, fine
from tests.support.raw import (
    BREAKS,
    CLOSE,
    END_OF_HEAD,
    SECONDS,
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
ONE = chunk(EVENT)
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
OF_LENGTH_1000 = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\n"
ANSWERED_502 = "; the proxy answered the agent with 502 Bad Gateway"


def _to(upstream: Server, listener: str = "model") -> str:
    return f"--upstream={listener}={upstream.url}"


# -- what each side does ----------------------------------------------------------------------------------------


class Cue:
    """By which one side of a conversation lets the other go on."""

    def __init__(self) -> None:
        self._given = threading.Event()

    def give(self) -> None:
        """Let the other side go on."""
        self._given.set()

    def wait(self) -> None:
        """Wait for the other side."""
        assert self._given.wait(SECONDS)


Play = Callable[[Wire, Cue], None]
End = Callable[[Wire], object]


def sends(data: bytes) -> End:
    """End by sending something, and wait for the other side's end."""

    def end(wire: Wire) -> None:
        wire.send(data)
        wire.drain()

    return end


def closes_after(mark: bytes) -> End:
    """End by closing when something has come."""

    def end(wire: Wire) -> None:
        wire.until(mark)
        wire.close()

    return end


def asks(wire: Wire, cue: Cue) -> None:
    """Ask, and read what comes; give the cue when the first event is there."""
    wire.send(request("/x", QUESTION))
    try:
        wire.until(EVENT)
    except BREAKS:
        return
    cue.give()
    wire.drain()


def leaves(end: End, mark: bytes = EVENT) -> Play:
    """Ask, and end when a mark has come; an empty one when the upstream gives the cue."""

    def play(wire: Wire, cue: Cue) -> None:
        wire.send(request("/x", QUESTION))
        wire.until(mark) if mark else cue.wait()
        end(wire)

    return play


def uploads(begin: bytes, end: End = Wire.drain) -> Play:
    """Send the beginning of a request, and end when it has arrived."""

    def play(wire: Wire, cue: Cue) -> None:
        wire.send(begin)
        cue.wait()
        end(wire)

    return play


def begins(data: bytes, end: End = Wire.close) -> Play:
    """Send the beginning of an answer, and end when the agent has it."""

    def play(wire: Wire, cue: Cue) -> None:
        body(wire, head(wire))
        wire.send(data)
        if EVENT in data:
            cue.wait()
        end(wire)

    return play


def waits(data: bytes = b"") -> Play:
    """Send the beginning of an answer, and wait until the agent is gone."""

    def play(wire: Wire, cue: Cue) -> None:
        body(wire, head(wire))
        wire.send(data)
        cue.give()
        wire.drain()

    return play


def takes(end: End = Wire.drain, data: bytes = b"") -> Play:
    """Receive the beginning of a request, answer it or not, and end."""

    def play(wire: Wire, cue: Cue) -> None:
        wire.until(QUESTION)
        wire.send(data)
        cue.give()
        end(wire)

    return play


def routed(play: Play, cue: Cue) -> Callable[[Wire], None]:
    """Play a part, but answer the next request as if nothing had happened."""

    def script(wire: Wire) -> None:
        path = wire.peek(END_OF_HEAD).split(b" ")[1]
        fine(wire) if path == NEXT.encode() else play(wire, cue)

    return script


# -- exchanges that break off -----------------------------------------------------------------------------------

LONG = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n" + QUESTION
CHUNKED = b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(QUESTION)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What each side does, and what there has to be in the end."""

    upstream: Play
    agent: Play = asks
    asked_all: bool = True
    """False when the question is not the whole body of the request."""
    answered: bytes | None = None
    """What crossed of the answer's body; None when no answer did."""
    told: bytes = b""
    """How that which the agent receives begins."""
    left: bool = False
    """True when the agent itself walked away, which is no failure of the run."""
    error: str
    """Pattern of the cause."""


INCOMPLETE = r"the upstream broke off: peer closed connection without sending complete message body \(%s\)"
FAULTS = {
    "the agent leaves in the middle of a stream": Fault(
        left=True,
        upstream=waits(STREAM + ONE),
        agent=leaves(Wire.close),
        answered=EVENT,
        error="the agent disconnected before the answer ended",
    ),
    "the agent crashes in the middle of a stream": Fault(
        left=True,
        upstream=waits(STREAM + ONE),
        agent=leaves(Wire.reset),
        answered=EVENT,
        error="the agent disconnected before the answer ended",
    ),
    "the agent leaves before an answer": Fault(
        left=True,
        upstream=waits(),
        agent=leaves(Wire.close, mark=b""),
        error="the agent disconnected before an answer came",
    ),
    "the agent leaves in the middle of an upload": Fault(
        left=True,
        upstream=takes(),
        agent=uploads(LONG, Wire.close),
        asked_all=False,
        error=rf"the agent's request was cut short: .*\(received {len(QUESTION)} bytes, expected 1000\)",
    ),
    "the agent crashes in the middle of an upload in chunks": Fault(
        left=True,
        upstream=takes(),
        agent=uploads(CHUNKED, Wire.reset),
        asked_all=False,
        error=r"the agent's request was cut short: .*\(incomplete chunked read\)",
    ),
    "the agent sends what is no chunk": Fault(
        left=True,
        upstream=takes(),
        agent=uploads(CHUNKED, sends(b"no number\r\n")),
        asked_all=False,
        error="the agent's request was cut short: illegal chunk header",
    ),
    "the agent leaves in the middle of an upload that is answered": Fault(
        left=True,
        upstream=takes(data=answer(b"too much", status="413 Too Large")),
        agent=uploads(LONG, closes_after(b"too much")),
        asked_all=False,
        answered=b"too much",
        told=b"HTTP/1.1 413 Too Large\r\n",
        error="the answer came before the request's end, and the rest of the request did not follow",
    ),
    "the upstream resets a stream": Fault(
        upstream=begins(STREAM + ONE, Wire.reset), answered=EVENT, error=INCOMPLETE % "incomplete chunked read"
    ),
    "the upstream closes without a last chunk": Fault(
        upstream=begins(STREAM + ONE), answered=EVENT, error=INCOMPLETE % "incomplete chunked read"
    ),
    "the upstream closes in the middle of a chunk": Fault(
        upstream=begins(STREAM + b"1000\r\n" + EVENT), answered=EVENT, error=INCOMPLETE % "incomplete chunked read"
    ),
    "the upstream sends less than the length says": Fault(
        upstream=begins(OF_LENGTH_1000 + EVENT),
        answered=EVENT,
        error=INCOMPLETE % f"received {len(EVENT)} bytes, expected 1000",
    ),
    "the upstream resets an answer without a length": Fault(
        upstream=begins(UNTIL_CLOSED + EVENT, Wire.reset),
        answered=EVENT,
        error="the upstream broke off: the upstream reset the connection",
    ),
    "the upstream sends what is no chunk": Fault(
        upstream=begins(STREAM + ONE + b"no number\r\n"),
        answered=EVENT,
        error="the upstream broke off: illegal chunk header",
    ),
    "the upstream resets instead of an answer": Fault(
        upstream=begins(b"", Wire.reset), told=BAD_GATEWAY, error=": server closed connection" + ANSWERED_502
    ),
    "the upstream closes instead of an answer": Fault(
        upstream=begins(b""), told=BAD_GATEWAY, error=": server closed connection" + ANSWERED_502
    ),
    "the upstream resets in the middle of an upload": Fault(
        upstream=takes(Wire.reset),
        agent=uploads(LONG),
        asked_all=False,
        told=BAD_GATEWAY,
        error=": server closed connection" + ANSWERED_502,
    ),
    "the upstream closes after an interim answer": Fault(
        upstream=begins(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        told=b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + BAD_GATEWAY,
        error=": server closed connection after 103" + ANSWERED_502,
    ),
    "the upstream closes in the middle of the head": Fault(
        upstream=begins(b"HTTP/1.1 200 OK\r\nContent-Le"),
        told=BAD_GATEWAY,
        error=r": unexpected server response: b'HTTP/1.1 200 OK\\r\\nContent-Le'" + ANSWERED_502,
    ),
    "the upstream speaks no HTTP": Fault(
        upstream=begins(b"220 mail.example.test ESMTP\r\n\r\n"),
        told=BAD_GATEWAY,
        error=": Cannot parse HTTP response: .*220 mail.example.test ESMTP.*" + ANSWERED_502,
    ),
    "the upstream gives two lengths": Fault(
        upstream=begins(answer(b"fine", "Transfer-Encoding: chunked")),
        told=BAD_GATEWAY,
        error="both transfer-encoding and content-length headers from server.*" + ANSWERED_502,
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_what_broke_off_is_on_the_record_with_the_cause(machine: Machine, fault: Fault) -> None:
    cue = Cue()
    with serving(routed(fault.upstream, cue)) as upstream, machine.listening(_to(upstream)) as live:
        with dial(live.url) as agent:
            fault.agent(agent, cue)
        exchange = live.record("/x")
        check_next(live)
        ended = live.end()
    assert bytes(agent.received).startswith(fault.told)
    check(exchange.request, QUESTION)
    assert (exchange.request.ended is not None) == fault.asked_all
    if fault.answered is None:
        assert exchange.response is None
    else:
        check(exchange.response, fault.answered)
        assert content(bytes(agent.received)) == fault.answered
    assert re.search(fault.error, str(exchange.error), re.DOTALL), exchange.error
    check_end(machine, ended, written=2, cut_short=1, left=int(fault.left))


# -- WebSockets -------------------------------------------------------------------------------------------------


def converses(end: End) -> Play:
    """Ask for a WebSocket, wait for a message, send one, and end when it has arrived."""

    def play(wire: Wire, cue: Cue) -> None:
        wire.send(request("/x", b"", *UPGRADE, method="GET"))
        head(wire)
        assert read_frame(wire) == (TEXT, b"from the upstream")
        wire.send(frame(TEXT, b"from the agent", masked=True))
        cue.wait()
        end(wire)

    return play


def replies(end: End) -> Play:
    """Grant a WebSocket, send a message, wait for one, and end."""

    def play(wire: Wire, cue: Cue) -> None:
        accept_websocket(wire)
        wire.send(frame(TEXT, b"from the upstream"))
        assert read_frame(wire) == (TEXT, b"from the agent")
        cue.give()
        end(wire)

    return play


@dataclass(frozen=True, kw_only=True)
class Closing:
    """How a WebSocket ends, and what is seen of it."""

    upstream: End = Wire.drain
    agent: End = Wire.drain
    closed_by: str
    code: int = 1006
    reason: str | None = None
    error: str | None = None
    passed_on: bytes | None = None
    """What the close frame holds that the other side gets; None when it gets none, as none was sent."""


BROKEN = "the %s ended the WebSocket without a close frame (1006)"
CLOSINGS = {
    "the agent leaves": Closing(agent=Wire.close, closed_by="client", error=BROKEN % "agent"),
    "the agent crashes": Closing(agent=Wire.reset, closed_by="client", error=BROKEN % "agent"),
    "the upstream leaves": Closing(upstream=Wire.close, closed_by="server", error=BROKEN % "upstream"),
    "the upstream crashes": Closing(upstream=Wire.reset, closed_by="server", error=BROKEN % "upstream"),
    "the upstream sends what is no frame": Closing(
        upstream=sends(b"\xff\xff\xff"),
        closed_by="server",
        code=1002,
        reason="Invalid opcode 0xf",
        error="a breach of the WebSocket protocol by the upstream ended the conversation (1002: Invalid opcode 0xf)",
        passed_on=close_code(1002, "Invalid opcode 0xf"),
    ),
    "the agent closes with a code": Closing(
        agent=sends(frame(CLOSE, close_code(4002, "enough"), masked=True)),
        closed_by="client",
        code=4002,
        reason="enough",
        passed_on=close_code(4002, "enough"),
    ),
    "the upstream closes with a code": Closing(
        upstream=sends(frame(CLOSE, close_code(1011, "overloaded"))),
        closed_by="server",
        code=1011,
        reason="overloaded",
        passed_on=close_code(1011, "overloaded"),
    ),
}


@pytest.mark.parametrize("closing", CLOSINGS.values(), ids=CLOSINGS.keys())
def test_a_websocket_is_on_the_record_however_it_ends(machine: Machine, closing: Closing) -> None:
    cue = Cue()
    with serving(routed(replies(closing.upstream), cue)) as upstream, machine.listening(_to(upstream)) as live:
        with dial(live.url) as agent:
            converses(closing.agent)(agent, cue)
        exchange = live.record("/x")
        check_next(live)
        ended = live.end()
    websocket = exchange.websocket
    assert websocket is not None
    messages = [(one.direction, one.content) for one in websocket.messages]
    assert messages == [("server", "from the upstream"), ("client", "from the agent")]
    assert (websocket.closed_by, websocket.close_code) == (closing.closed_by, closing.code)
    assert (websocket.close_reason, exchange.error) == (closing.reason, closing.error)
    assert _close_frame(agent if closing.closed_by == "server" else upstream.wires[0]) == closing.passed_on
    cut_short = int(bool(closing.error))
    check_end(machine, ended, written=2, cut_short=cut_short, left=cut_short * (closing.closed_by == "client"))


def _close_frame(wire: Wire) -> bytes | None:
    """Return what the close frame holds that has come; None when none has."""
    try:
        opcode, data = read_frame(wire)
    except BREAKS:
        return None
    assert opcode == CLOSE
    return data


# -- upstreams that cannot be reached ---------------------------------------------------------------------------

Unreached = Callable[[ExitStack, Path], list[str]]


def refuses(_stack: ExitStack, _folder: Path) -> list[str]:
    """Have nothing listen there."""
    return [f"--upstream=model=http://127.0.0.1:{free_ports(1)[0]}"]


def has_no_address(_stack: ExitStack, _folder: Path) -> list[str]:
    """Have a name that nobody knows (RFC 6761)."""
    return ["--upstream=model=http://nowhere.invalid"]


def is_self_signed(stack: ExitStack, _folder: Path) -> list[str]:
    """Have a certificate that nobody else vouches for."""
    return [_to(stack.enter_context(serving(fine, context=Authority().own_context())))]


def is_of_an_unknown_authority(stack: ExitStack, _folder: Path) -> list[str]:
    """Have a certificate of an authority that is not trusted."""
    return [_to(stack.enter_context(serving(fine, context=Authority().server_context())))]


def is_somebody_else(stack: ExitStack, folder: Path) -> list[str]:
    """Have a certificate for another name."""
    authority = Authority()
    trusted = folder / "ca.pem"
    trusted.write_bytes(authority.pem)
    server = stack.enter_context(serving(fine, context=authority.server_context("api.example.test")))
    return [_to(server), f"--upstream-ca={trusted}"]


def speaks_no_tls(stack: ExitStack, _folder: Path) -> list[str]:
    """Take what comes for plain HTTP."""

    def script(wire: Wire) -> None:
        wire.take(5)
        wire.send(answer(status="400 Bad Request"))

    return [_to(stack.enter_context(serving(script))).replace("http:", "https:")]


def hangs_up(stack: ExitStack, _folder: Path) -> list[str]:
    """Close in the middle of the handshake."""

    def script(wire: Wire) -> None:
        wire.take(5)

    return [_to(stack.enter_context(serving(script))).replace("http:", "https:")]


UNREACHED: dict[str, tuple[Unreached, str]] = {
    "nothing listens there": (refuses, r"^127\.0\.0\.1:\d+: connection refused"),
    "its name has no address": (has_no_address, r"^nowhere\.invalid:80: name not known"),
    "its certificate is self-signed": (is_self_signed, "Certificate verify failed: self.signed certificate"),
    "its certificate is of an unknown authority": (is_of_an_unknown_authority, "Certificate verify failed: unable to"),
    "its certificate is for another name": (is_somebody_else, "Certificate verify failed: .*mismatch"),
    "it speaks no TLS": (speaks_no_tls, "The remote server does not speak TLS"),
    "it hangs up in the handshake": (hangs_up, "connection closed"),
}


@pytest.mark.parametrize(("upstream", "error"), UNREACHED.values(), ids=UNREACHED.keys())
def test_an_upstream_that_cannot_be_reached_is_a_502_and_a_record_with_the_cause(
    machine: Machine, tmp_path: Path, upstream: Unreached, error: str
) -> None:
    with (
        ExitStack() as stack,
        serving(fine) as other,
        machine.listening(*upstream(stack, tmp_path), _to(other, "backend")) as live,
    ):
        with dial(live.url) as agent:
            agent.send(request("/x", QUESTION))
            assert agent.rest().startswith(BAD_GATEWAY)
        exchange = live.record("/x")
        check_next(live, "backend")
        ended = live.end()
    check_unreached(exchange, error)
    check_end(machine, ended, written=2, cut_short=1)


def check_unreached(exchange: Exchange, error: str) -> None:
    """Check what is on the record of a request that nobody took."""
    assert exchange.response is None
    # mitmproxy connects before it reads, and reads nothing when that fails.
    check(exchange.request, b"")
    unread = rf" \(the request's body, {len(QUESTION)} bytes, was not read: there was no upstream to send it to\)$"
    assert re.search(error + ".*" + ANSWERED_502 + unread, str(exchange.error)), exchange.error


def down(_port: int) -> AbstractContextManager[object]:
    """Have no upstream proxy any more."""
    return nullcontext()


def unwilling(port: int) -> AbstractContextManager[object]:
    """Have an upstream proxy that lets nobody in any more."""
    return proxy_running(port=port, credentials="somebody:else")


PROXIES = {
    "is down": (down, r"^127\.0\.0\.1:\d+: upstream proxy 127\.0\.0\.1:\d+: connection refused"),
    "wants other credentials": (unwilling, "refused HTTP CONNECT request: 407"),
}


@pytest.mark.parametrize(("meanwhile", "error"), PROXIES.values(), ids=PROXIES.keys())
def test_while_the_upstream_proxy_fails_there_are_502s_and_records_with_the_cause(
    machine: Machine, meanwhile: Callable[[int], AbstractContextManager[object]], error: str
) -> None:
    (port,) = free_ports(1)
    with ExitStack() as before, serving(fine) as upstream:
        before.enter_context(proxy_running(port=port))
        with machine.listening(_to(upstream), f"--upstream-proxy=http://127.0.0.1:{port}") as live:
            before.close()
            with meanwhile(port), dial(live.url) as agent:
                agent.send(request("/x", QUESTION))
                assert agent.rest().startswith(BAD_GATEWAY)
            exchange = live.record("/x")
            with proxy_running(port=port):
                check_next(live)
            ended = live.end()
    check_unreached(exchange, error)
    check_end(machine, ended, written=2, cut_short=1)


# -- silence ----------------------------------------------------------------------------------------------------

SILENT_SECONDS = 1


def falls_silent(wire: Wire, cue: Cue) -> None:
    """Grant a WebSocket, send a message, and no more."""
    accept_websocket(wire)
    wire.send(frame(TEXT, b"hello"))
    wire.drain()


def opens_websocket(wire: Wire, cue: Cue) -> None:
    """Ask for a WebSocket, and read what comes."""
    wire.send(request("/x", b"", *UPGRADE, method="GET"))
    wire.drain()


SILENCES: dict[str, tuple[Play, Play]] = {
    "in the middle of an answer": (waits(STREAM + ONE), asks),
    "before an answer": (waits(), asks),
    "in the middle of an upload": (takes(), uploads(LONG)),
    "in a WebSocket": (falls_silent, opens_websocket),
}


@pytest.mark.parametrize(("upstream", "agent"), SILENCES.values(), ids=SILENCES.keys())
def test_a_silence_longer_than_the_time_out_is_told_as_such(tmp_path: Path, upstream: Play, agent: Play) -> None:
    cue = Cue()
    with serving(routed(upstream, cue)) as server, proxies(tmp_path, server.url) as (url, child):
        with dial(url) as wire:
            agent(wire, cue)
        (exchange,) = wait_for(lambda: read_records(tmp_path / "run"), "a record")
        told = child.stop()
    assert exchange.error == f"no data crossed the connection for {SILENT_SECONDS} seconds, so the proxy closed it"
    assert told is not None
    assert (told["seen"], told["written"]) == (1, 1)
    if exchange.websocket:
        assert [one.content for one in exchange.websocket.messages] == ["hello"]
        assert exchange.websocket.closed_by is None
    else:
        check(exchange.request, QUESTION)
        assert content(bytes(wire.received)) == (EVENT if exchange.response else b"")
        assert exchange.response is None or exchange.response.body == EVENT.decode()


@contextmanager
def proxies(folder: Path, upstream: str) -> Iterator[tuple[str, Child]]:
    """Run the process of the proxies alone: no user can ask for so short a time-out."""
    (port,) = free_ports(1)
    (folder / "run").mkdir()
    listener = Listener(name="model", port=port, upstream=upstream)
    addon = Config(output_dir=folder / "run", salt_file=folder / "salt", listeners=(listener,)).to_json()
    settings: dict[str, Any] = {"addon": addon, "marker": "none", "upstream_ca": None}
    settings |= {"confdir": str(folder / "mitmproxy"), "tcp_timeout": SILENT_SECONDS}
    child = Child("probe.wire.proxy", settings)
    try:
        child.wait_ready()
        yield f"http://127.0.0.1:{port}", child
    finally:
        child.stop()


# -- signals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_proxies_that_are_ended_in_the_middle_of_a_stream_write_down_what_came(
    machine: Machine, number: signal.Signals
) -> None:
    cue = Cue()
    with serving(routed(waits(STREAM + ONE), cue)) as upstream, machine.listening(_to(upstream)) as live:
        with dial(live.url) as agent:
            agent.send(request("/x", QUESTION))
            agent.until(EVENT)
            live.proxy_process.send_signal(number)
            agent.drain()
        ended = live.wait()
    (exchange,) = machine.records
    check(exchange.request, QUESTION)
    check(exchange.response, EVENT)
    assert exchange.error == "the proxy was stopped while this exchange was under way"
    assert "the proxies ended unexpectedly" in ended.stderr
    check_end(machine, ended, written=1, cut_short=1)
