"""An answer with its times, as it is sent again: what came back for one recorded request."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

import msgspec

from probe.record.exchange import Headers, Message, Payload, Response, UnreadExchange
from probe.record.integrity import body_bytes
from probe.replay.recorded_turn import EVENT_STREAM, RecordedTurn

_OF_CONNECTION = {
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    *("alt-svc", "proxy-authenticate"),
}
"""Headers that belong to the recorded connection, not to the answer."""
_NO_CLOSE_FRAME = 1006


class TimedPiece(NamedTuple):
    """A piece of a body, or one WebSocket message."""

    after: float
    """Seconds since the request had arrived whole."""
    data: bytes
    """Bytes of the body, content-encoding undone."""
    binary: bool = False
    """Whether a WebSocket message is binary."""


class End(StrEnum):
    """How the connection is left."""

    WHOLE = "whole"
    CUT = "cut"
    """It is closed without the end of the answer."""
    RESET = "reset"
    """As TCP does it with RST."""


class TimedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for one request, and when. All times count from when the request had arrived whole."""

    status: int | None
    """None: the connection ends before an answer."""
    reason: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """All that are sent but those of the connection; `content-encoding` is applied to the pieces."""
    head_after: float = 0.0
    pieces: tuple[TimedPiece, ...] = ()
    ended_after: float = 0.0
    end: End = End.WHOLE
    encoded: bool = False
    """True where the pieces are as they were on the wire: they could not be decoded."""
    websocket: bool = False
    close_code: int | None = None
    """How a WebSocket is closed after this answer; None leaves it open."""
    close_reason: str = ""


def timed_answer(turn: RecordedTurn) -> TimedAnswer:
    """Return the answer to a recorded call of the model."""
    return _messages(turn) if turn.websocket else timed_response(turn.exchange, complete=turn.complete)


def timed_response(exchange: UnreadExchange, *, complete: bool = False) -> TimedAnswer:
    """Return the answer to a recorded HTTP request; `complete` is true where all that matters came before any cut."""
    response, began = exchange.response, exchange.request.ended or exchange.timestamp
    if response is None:
        return TimedAnswer(status=None, ended_after=max(0.0, exchange.ended - began), end=End.CUT)
    head_after = max(0.0, (response.started or began) - began)
    body = stored_bytes(response)
    pieces = tuple(_pieces(response, body, began, head_after))
    last = pieces[-1].after if pieces else head_after
    cut = exchange.error is not None and response.ended is None and not complete
    return TimedAnswer(
        status=response.status_code,
        reason=response.reason,
        headers=tuple(_headers_of(response, len(body) if pieces and not cut else None)),
        head_after=head_after,
        pieces=pieces,
        ended_after=max(last, (response.ended or exchange.ended) - began),
        end=End.CUT if cut else End.WHOLE,
        encoded=response.decode_error is not None,
    )


def stored_bytes(payload: Payload) -> bytes:
    """Return a body's bytes as the record keeps them."""
    if payload.body_kind is not None:
        return body_bytes(payload)
    raw = bytes(payload.body)
    return b"" if raw == b"null" else str(msgspec.json.decode(raw)).encode() if raw[:1] == b'"' else raw


def flat_headers(headers: Headers) -> Iterator[tuple[str, str]]:
    """Yield each value of each recorded header that belongs to the answer itself."""
    for name, value in headers.items():
        if name.lower() not in _OF_CONNECTION and not name.lower().startswith("sec-websocket-"):
            yield from ((name, one) for one in ([value] if isinstance(value, str) else value))


def _pieces(response: Response, body: bytes, began: float, head_after: float) -> Iterator[TimedPiece]:
    """Yield a body cut where it was cut when it was recorded; whole where the record does not say where."""
    times = [time for time, _ in response.pieces] or [began + head_after]
    # The first piece begins the body, whatever an older record says.
    borders = [0, *(offset for _, offset in response.pieces[1:]), len(body)]
    for time, (begin, end) in zip(times, pairwise(borders), strict=True):
        if body[begin:end]:
            yield TimedPiece(max(head_after, time - began), body[begin:end])


def _headers_of(response: Response, size: int | None) -> Iterator[tuple[str, str]]:
    """Yield an answer's headers; `size` is that of a body that is sent whole."""
    encoded = response.header("content-encoding") is not None and response.decode_error is None
    for name, value in flat_headers(response.headers):
        if name.lower() != "content-length":
            yield name, value
        elif not encoded:
            # What was redacted has changed the length of the body.
            yield name, value if size is None else str(size)
    if response.body_kind == "sse" and response.header("content-type") is None:
        yield "content-type", EVENT_STREAM


def _messages(turn: RecordedTurn) -> TimedAnswer:
    """Return an answer that is a part of a WebSocket conversation."""
    pieces = tuple(
        TimedPiece(max(0.0, one.timestamp - turn.started), _content(one), one.type == "binary") for one in turn.messages
    )
    last = pieces[-1].after if pieces else 0.0
    socket = turn.exchange.websocket
    closed = socket if turn.last and socket and socket.closed_by == "server" else None
    code = closed.close_code if closed and closed.close_code != _NO_CLOSE_FRAME else None
    cut = code is None and (closed is not None or not turn.complete)
    ended = socket.ended if socket and (closed or cut) else None
    return TimedAnswer(
        status=turn.status_code,
        pieces=pieces,
        ended_after=max(last, (ended or 0.0) - turn.started),
        end=End.CUT if cut else End.WHOLE,
        websocket=True,
        close_code=code,
        close_reason=(closed.close_reason if closed else None) or "",
    )


def _content(message: Message) -> bytes:
    if message.type == "binary":
        return b64decode(message.content)
    return message.content.encode("utf-8", "surrogatepass")
