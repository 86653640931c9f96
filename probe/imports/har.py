"""Read a HAR, of a browser's, mitmproxy's, Playwright's or our own, entry by entry."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from probe.imports.decoding import decoded, from_base64
from probe.imports.event_times import body_of_events, event_pieces
from probe.imports.json_parts import CutShortError, entries, member
from probe.imports.source import (
    Pairs,
    Source,
    SourceConversation,
    SourceExchange,
    SourceFrame,
    SourceRequest,
    SourceResponse,
)
from probe.record.record_facts import KEY, read_facts

MISSING = (
    "when each piece arrived, but for events and messages that have a time of their own",
    "bytes on the wire: bodies are decoded texts, which may have been cut or converted by the tool that wrote the file",
)
_TEXT, _BINARY = 1, 2


class _Pair(msgspec.Struct):
    name: str = ""
    value: str = ""


class _PostData(msgspec.Struct):
    text: str | None = None
    params: list[_Pair] | None = None
    encoding: str | None = msgspec.field(default=None, name="_encoding")


class _Request(msgspec.Struct, rename="camel"):
    method: str
    url: str
    http_version: str | None = None
    headers: list[_Pair] = []
    post_data: _PostData | None = None
    body_size: float | None = None


class _Content(msgspec.Struct):
    text: str | None = None
    encoding: str | None = None
    size: float | None = None


class _Response(msgspec.Struct, rename="camel"):
    status: int = 0
    status_text: str | None = None
    http_version: str | None = None
    headers: list[_Pair] = []
    content: _Content | None = None
    body_size: float | None = None
    error: str | None = msgspec.field(default=None, name="_error")


class _Message(msgspec.Struct):
    type: str
    time: float
    data: str
    opcode: int = _TEXT


class Event(msgspec.Struct, rename="camel"):
    """An event of a stream, as DevTools keeps it."""

    time: float
    data: str | None = None
    event_name: str | None = None
    event_id: str | None = None


class _Entry(msgspec.Struct, rename="camel"):
    started_date_time: str
    request: _Request
    response: _Response | None = None
    time: float | None = None
    timings: dict[str, Any] | None = None
    events: list[Event] | None = msgspec.field(default=None, name="_eventSourceMessages")
    messages: list[_Message] | None = msgspec.field(default=None, name="_webSocketMessages")
    facts: Any = msgspec.field(default=None, name=KEY)


class _Tool(msgspec.Struct):
    name: str = ""
    version: str = ""


def read(path: Path) -> Source:
    """Return the exchanges of a file."""
    source = Source(exchanges=iter(()))
    source.exchanges = _exchanges(path, source)
    return source


def _exchanges(path: Path, source: Source) -> Iterator[SourceExchange]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        source.written_by = _tool(data)
        try:
            for begin, end in entries(data):
                source.seen += 1
                try:
                    yield _exchange(decoded(data[begin:end], _Entry), source)
                except ValueError as error:
                    source.problem(f"entry {source.seen} (byte {begin}): {error}")
        except CutShortError as error:
            source.seen += 1
            source.problem(f"the file is cut short after {source.seen - 1} entries, at byte {len(data)}: {error}")
        except ValueError as error:
            source.problem(str(error))


def _tool(data: mmap.mmap) -> str | None:
    for key in (b"browser", b"creator"):
        try:
            tool = msgspec.json.decode(member(data, key), type=_Tool)
        except msgspec.MsgspecError:
            continue
        if tool.name:
            return f"{tool.name} {tool.version}".strip()
    return None


def _exchange(entry: _Entry, source: Source) -> SourceExchange:
    """Return the exchange of an entry. Raises ValueError."""
    started = _time(entry.started_date_time)
    sent, answered, ended = _phases(entry, started)
    facts, given = read_facts(entry.facts), entry.response
    response = None
    if given and given.status:
        response = _response(entry, given, answered, ended, source)
    return SourceExchange(
        started=facts.timestamp if facts else started,
        request=_request(entry.request, started, sent, source),
        response=response,
        conversation=_conversation(entry, ended, source),
        error=(given.error if given else None) or (None if response or facts else "no answer is in the file"),
        facts=facts,
    )


def _time(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"startedDateTime {text[:60]!r} is no time") from error


def _phases(entry: _Entry, started: float) -> tuple[float, float, float]:
    """Return when the request was sent, when the answer began, and when it ended."""
    timings = entry.timings or {}

    def seconds(*names: str) -> float:
        values = (timings.get(name) for name in names)
        return sum(value for value in values if isinstance(value, int | float) and value > 0) / 1000

    sent = started + seconds("blocked", "dns", "connect", "send")
    answered = sent + seconds("wait")
    ended = answered + seconds("receive")
    return sent, answered, max(ended, started + max(entry.time or 0.0, 0.0) / 1000)


def _request(request: _Request, started: float, sent: float, source: Source) -> SourceRequest:
    body, given = b"", request.post_data
    if given and given.text is not None:
        body = _bytes(given.text, given.encoding, source)
    elif given and given.params:
        body = urlencode([(one.name, one.value) for one in given.params]).encode()
    elif (request.body_size or 0) > 0:
        source.lacks("the request's body")
    return SourceRequest(
        method=request.method,
        url=request.url,
        headers=_pairs(request.headers),
        body=body,
        wire_size=_size(request.body_size),
        http_version=_version(request.http_version),
        started=started,
        ended=sent,
    )


def _response(entry: _Entry, response: _Response, answered: float, ended: float, source: Source) -> SourceResponse:
    content, events = response.content or _Content(), entry.events or []
    body, pieces = b"", []
    if content.text is not None:
        body = _bytes(content.text, content.encoding, source)
        pieces = event_pieces(body, events) if events else []
    elif events:
        body, pieces = body_of_events(events)
        source.lacks("the text of an event stream, which is put together from its events")
    elif (content.size or 0) > 0:
        source.lacks("the answer's body")
    return SourceResponse(
        status_code=response.status,
        reason=response.status_text,
        headers=_pairs(response.headers),
        body=body,
        wire_size=_size(response.body_size),
        pieces=pieces,
        http_version=_version(response.http_version),
        started=answered,
        ended=ended,
    )


def _bytes(text: str, encoding: str | None, source: Source) -> bytes:
    if encoding and encoding.lower() == "base64":
        data = from_base64(text)
        if data is not None:
            return data
        source.problem(
            f"entry {source.seen}: a body is said to be base64 and is not: it is kept as the text that it is"
        )
    return text.encode("utf-8", "replace")


def _pairs(headers: Sequence[_Pair]) -> Pairs:
    return [(one.name, one.value) for one in headers]


def _size(size: float | None) -> int | None:
    return int(size) if size is not None and size >= 0 else None


def _version(text: str | None) -> str | None:
    """Return an HTTP version as the record has it: browsers write h2, h3 and http/2.0."""
    known = {"h2": "HTTP/2.0", "http/2": "HTTP/2.0", "h3": "HTTP/3", "http/3.0": "HTTP/3"}
    return known.get(text.lower(), text.upper()) if text and text != "unknown" else None


def _conversation(entry: _Entry, ended: float, source: Source) -> SourceConversation | None:
    if entry.messages is None:
        return None
    frames = []
    for one in entry.messages:
        if one.opcode in (_TEXT, _BINARY):
            content = one.data.encode() if one.opcode == _TEXT else _bytes(one.data, "base64", source)
            frames.append(
                SourceFrame(
                    from_client=one.type == "send", is_text=one.opcode == _TEXT, content=content, timestamp=one.time
                )
            )
    return SourceConversation(frames=frames, ended=max([ended, *(frame.timestamp for frame in frames)]))
