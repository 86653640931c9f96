"""Write a run as HAR 1.2, with the messages of streams and WebSockets in the form that Chrome's DevTools reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from probe.exports.bodies import (
    has_body,
    header_pairs,
    is_binary,
    is_event_stream,
    stored_chunks,
    stream_events,
    text_of,
    times_of,
)
from probe.exports.exported_record import ExportedRecord
from probe.exports.har_cookies import request_cookies, response_cookies
from probe.exports.json_chunks import LongList, json_chunks
from probe.record.exchange import Exchange, Headers, Request, Response, WebSocket
from probe.record.files import private_file
from probe.record.manifest import project_version
from probe.record.record_facts import KEY, as_builtins, facts_of
from probe.record.runs import Run
from probe.targets.target import Target

_STREAM = "text/event-stream"
_OPCODES = {"text": 1, "binary": 2}
_TYPES = {"client": "send", "server": "receive"}


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write a run; return what the format cannot hold of it."""
    creator = {"name": "agent-probe", "version": project_version()}
    head = {"version": "1.2", "creator": creator, "pages": [], "comment": f"{run.target}/{run.name}"}
    record = ExportedRecord(run.traffic)
    with private_file(out) as file:
        file.write('{"log":' + "".join(json_chunks(head))[:-1] + ',"entries":[')
        for number, exchange in enumerate(record):
            file.write(",\n" if number else "\n")
            file.writelines(json_chunks(_entry(exchange, run)))
        file.write("\n]}}\n")
    return record.losses("har")


def _entry(exchange: Exchange, run: Run) -> dict[str, Any]:
    response, source = exchange.response, run.traffic
    timings = _timings(exchange)
    entry = {
        "startedDateTime": _iso(exchange.timestamp),
        "time": round(sum(time for time in timings.values() if time > 0), 3),
        "request": _request(exchange.request, source),
        "response": _response(response, exchange.error, source) if response else _no_response(exchange.error),
        "cache": {},
        "timings": timings,
        "_resourceType": _resource_type(exchange),
        KEY: as_builtins(facts_of(exchange, run.target)),
    }
    if response and response.pieces and is_event_stream(response):
        entry["_eventSourceMessages"] = LongList(lambda: _events(response, source))
    if conversation := exchange.websocket:
        entry["_webSocketMessages"] = LongList(lambda: _messages(conversation))
    return entry


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _resource_type(exchange: Exchange) -> str:
    if exchange.websocket:
        return "websocket"
    return "eventsource" if exchange.response and is_event_stream(exchange.response) else "fetch"


def _timings(exchange: Exchange) -> dict[str, float]:
    """Return the phases in milliseconds; -1 for those that a proxy does not see."""
    response = exchange.response
    sent = exchange.request.ended or exchange.request.started or exchange.timestamp
    answered = response.started if response and response.started else sent
    ended = exchange.ended if response or exchange.websocket else sent
    phases = {
        "send": sent - exchange.timestamp,
        "wait": answered - sent,
        "receive": ended - max(answered, sent),
    }
    unseen = dict.fromkeys(("blocked", "dns", "connect", "ssl"), -1.0)
    return unseen | {name: max(0.0, round(seconds * 1000, 3)) for name, seconds in phases.items()}


def _request(request: Request, source: Path) -> dict[str, Any]:
    mime_type = request.header("content-type") or ""
    fields: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version or "",
        "cookies": request_cookies(request.headers),
        "headers": _headers(request.headers),
        "queryString": _pairs(urlsplit(request.url).query),
        "headersSize": -1,
        "bodySize": -1 if request.wire_size is None else request.wire_size,
    }
    if has_body(request):
        # HAR 1.2 has no encoding for what a request sends.
        encoding = {"_encoding": "base64"} if is_binary(request) else {}
        fields["postData"] = {"mimeType": mime_type, "text": text_of(request, source), **encoding}
        if mime_type.startswith("application/x-www-form-urlencoded") and not request.whole_text:
            fields["postData"]["params"] = _pairs(b"".join(stored_chunks(request, source)).decode("utf-8", "replace"))
    return fields


def _response(response: Response, error: str | None, source: Path) -> dict[str, Any]:
    size = response.size
    if size is None:
        size = sum(map(len, stored_chunks(response, source)))
    # With a charset behind it, DevTools would not take it for a stream.
    mime_type = _STREAM if is_event_stream(response) else response.header("content-type") or "x-unknown"
    content: dict[str, Any] = {"size": size, "mimeType": mime_type}
    if response.wire_size is not None:
        content["compression"] = size - response.wire_size
    if has_body(response):
        content |= {"text": text_of(response, source)} | ({"encoding": "base64"} if is_binary(response) else {})
    wire_size = -1 if response.wire_size is None else response.wire_size
    return {
        "status": response.status_code,
        "statusText": response.reason or "",
        "httpVersion": response.http_version or "",
        "cookies": response_cookies(response.headers),
        "headers": _headers(response.headers),
        "content": content,
        "redirectURL": response.header("location") or "",
        "headersSize": -1,
        "bodySize": wire_size,
        "_transferSize": wire_size,
        **({"_error": error} if error else {}),
    }


def _no_response(error: str | None) -> dict[str, Any]:
    sizes = {"headersSize": -1, "bodySize": -1, "_transferSize": 0}
    empty = {"status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [], "redirectURL": ""}
    return {**empty, "content": {"size": 0, "mimeType": "x-unknown"}, **sizes, "_error": error}


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in header_pairs(headers)]


def _pairs(query: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)]


def _events(response: Response, source: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream; DevTools skips one that lacks a time, a name or an id."""
    for event, time in times_of(stream_events(response, source), response):
        if event.complete and event.data is not None:
            yield {"time": time, "eventName": event.type, "eventId": event.id or "", "data": event.data}


def _messages(conversation: WebSocket) -> Iterator[dict[str, Any]]:
    for one in conversation.messages:
        yield {
            "type": _TYPES[one.direction],
            "time": one.timestamp,
            "opcode": _OPCODES[one.type],
            "data": one.content,
        }
