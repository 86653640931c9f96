"""Read the JSON lines of claude-tap: a record each, streams and WebSockets as lists of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from probe.imports.json_lines import json_body, pairs, read_lines
from probe.imports.source import (
    Source,
    SourceConversation,
    SourceExchange,
    SourceFrame,
    SourceRequest,
    SourceResponse,
)

MISSING = (
    "when each piece, event or message arrived; times are whole milliseconds",
    "how JSON was written: bodies are JSON values that claude-tap has parsed and written again",
    "the text of event streams: it is put together from their events",
    "the order of WebSocket messages between the two directions: the answers to a call follow it here",
    "HTTP versions, reason phrases, sizes on the wire, and headers of single connections",
    "credentials in headers",
)
_Headers = dict[str, str | list[str] | float | None]
_NULL = msgspec.Raw(b"null")
_LAST = ("response.completed", "response.done", "response.failed", "response.incomplete", "error")
"""Types of the messages that end an answer over a WebSocket."""


class _Event(msgspec.Struct):
    event: str = "message"
    data: msgspec.Raw = _NULL


class _Request(msgspec.Struct):
    method: str = "POST"
    path: str = "/"
    headers: _Headers = {}
    body: msgspec.Raw = _NULL
    ws_events: list[msgspec.Raw] | None = None


class _Response(msgspec.Struct):
    status: int = 0
    headers: _Headers = {}
    body: msgspec.Raw = _NULL
    sse_events: list[_Event] | None = None
    ws_events: list[msgspec.Raw] | None = None
    error: str | None = None


class _Line(msgspec.Struct):
    timestamp: str
    request: _Request
    response: _Response | None = None
    request_id: str | None = None
    duration_ms: float = 0
    transport: str | None = None
    upstream_base_url: str | None = None


class _Message(msgspec.Struct):
    type: str | None = None
    raw: str | None = None


def read(path: Path) -> Source:
    """Return the exchanges of a file."""
    source = Source(exchanges=iter(()))
    source.exchanges = read_lines(path, _Line, _exchange, source)
    return source


def _exchange(line: _Line, source: Source) -> SourceExchange:
    """Return the exchange of a line. Raises ValueError."""
    ended = datetime.fromisoformat(line.timestamp)
    end = (ended if ended.tzinfo else ended.replace(tzinfo=UTC)).timestamp()
    begin = end - max(line.duration_ms, 0) / 1000
    request, response = line.request, line.response
    is_websocket = line.transport == "websocket"
    answered = response is not None and response.status != 0
    error = response.error if response else None
    return SourceExchange(
        started=begin,
        request=SourceRequest(
            method="GET" if is_websocket else request.method,
            url=_url(line),
            headers=pairs(request.headers),
            body=b"" if is_websocket else json_body(request.body, strings_are_text=True),
            started=begin,
        ),
        response=_response(response, end, is_websocket=is_websocket) if response and answered else None,
        conversation=_conversation(request, response, begin, end) if is_websocket and response else None,
        error=error or (None if answered else "no answer came"),
        id=line.request_id,
    )


def _url(line: _Line) -> str:
    hosts = (value for name, value in pairs(line.request.headers) if name.lower() == "host")
    base = line.upstream_base_url or f"https://{next(hosts, 'unknown.invalid')}"
    return base.rstrip("/") + line.request.path


def _response(response: _Response, ended: float, *, is_websocket: bool) -> SourceResponse:
    body = b"" if is_websocket else json_body(response.body, strings_are_text=True)
    if response.sse_events:
        body = "".join(map(_event_text, response.sse_events)).encode()
    return SourceResponse(status_code=response.status, headers=pairs(response.headers), body=body, ended=ended)


def _event_text(event: _Event) -> str:
    name = "" if event.event == "message" else f"event: {event.event}\n"
    data = json_body(event.data, strings_are_text=True).decode("utf-8", "replace")
    return name + "".join(f"data: {one}\n" for one in data.split("\n")) + "\n"


def _conversation(request: _Request, response: _Response, begin: float, end: float) -> SourceConversation:
    frames = list(_in_order(request.ws_events or [], response.ws_events or [], begin))
    return SourceConversation(frames=frames, ended=end)


def _in_order(sent: Sequence[msgspec.Raw], received: Sequence[msgspec.Raw], time: float) -> Iterator[SourceFrame]:
    """Yield the messages, each call's answers after it: the file has each direction by itself, without times."""
    answers = iter(received)
    for call in sent:
        yield _frame(call, time, from_client=True)
        for answer in answers:
            yield _frame(answer, time, from_client=False)
            if _read(answer).type in _LAST:
                break
    yield from (_frame(answer, time, from_client=False) for answer in answers)


def _read(message: msgspec.Raw) -> _Message:
    try:
        return msgspec.json.decode(message, type=_Message)
    except msgspec.MsgspecError:
        return _Message()


def _frame(message: msgspec.Raw, time: float, *, from_client: bool) -> SourceFrame:
    raw = _read(message).raw
    content = json_body(message, strings_are_text=False) if raw is None else raw.encode()
    return SourceFrame(from_client=from_client, is_text=True, content=content, timestamp=time)
