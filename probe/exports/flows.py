"""Write a run as flows of mitmproxy, which mitmweb and mitmdump open."""

from __future__ import annotations

import contextlib
import ipaddress
import uuid
from pathlib import Path
from typing import Any

import probe.addon.mitmproxy_fixes.slim_import  # noqa: F401 - before mitmproxy

# isort: split
import msgspec
from mitmproxy import connection, flow, http, websocket
from mitmproxy.io import FlowWriter
from mitmproxy.net.http import url as mitmproxy_url

from probe.exports.bodies import header_pairs, stored_chunks
from probe.exports.exported_record import ExportedRecord
from probe.record.exchange import Exchange, Headers, Message, Payload, Request, Response, WebSocket
from probe.record.files import private_bytes
from probe.record.integrity import message_chunks
from probe.record.record_facts import KEY, BodyFacts, RecordFacts, facts_of
from probe.record.runs import Run
from probe.targets.target import Target

_TYPES = {"text": 1, "binary": 2}
_ENCODING = "content-encoding"


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write a run; return what the format cannot hold of it."""
    record = ExportedRecord(run.traffic)
    with private_bytes(out) as file:
        writer = FlowWriter(file)
        for exchange in record:
            writer.add(_flow(exchange, run))
    return record.losses("flows")


def url_of(request: http.Request) -> str:
    """Return the URL of a flow; of one that mitmproxy took from an address alone, with the name that was asked for."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(request.host)
        return request.pretty_url
    return request.url


def _flow(exchange: Exchange, run: Run) -> http.HTTPFlow:
    request, facts = _request(exchange, run.traffic), facts_of(exchange, run.target)
    client = connection.Client(peername=("127.0.0.1", 0), sockname=("127.0.0.1", 0), timestamp_start=exchange.timestamp)
    made = http.HTTPFlow(client, connection.Server(address=(request.host, request.port)))
    made.id, made.timestamp_created = exchange.id or str(uuid.uuid4()), exchange.timestamp
    made.request = request
    if exchange.response:
        made.response = _response(exchange.response, exchange, run.traffic)
    if exchange.error:
        made.error = flow.Error(exchange.error, exchange.ended)
    if exchange.websocket:
        made.websocket = _conversation(exchange.websocket, run.traffic)
    made.metadata[KEY] = msgspec.json.encode(_with_differences(facts, exchange, made)).decode()
    return made


def _with_differences(facts: RecordFacts, exchange: Exchange, made: http.HTTPFlow) -> RecordFacts:
    """Return the facts with what the flow has otherwise than the record."""
    url = None if url_of(made.request) == exchange.request.url else exchange.request.url
    response = facts.response and _with_headers(facts.response, exchange.response)
    return msgspec.structs.replace(
        facts, url=url, request=_with_headers(facts.request, exchange.request), response=response
    )


def _with_headers(facts: BodyFacts, payload: Payload | None) -> BodyFacts:
    encoded = payload is not None and payload.header(_ENCODING) is not None
    return msgspec.structs.replace(facts, headers=payload.headers) if payload and encoded else facts


def _request(exchange: Exchange, source: Path) -> http.Request:
    request = exchange.request
    try:
        scheme, host, port, path = mitmproxy_url.parse(request.url)
    except ValueError:
        # What a redacted URL has in place of a credential is not valid everywhere.
        scheme, host, port, path = b"http", b"unknown.invalid", 80, request.url.encode("utf-8", "replace")
    return http.Request(
        host.decode("ascii", "replace"),
        port,
        request.method.encode("utf-8", "replace"),
        scheme,
        b"",
        path,
        **_message(request, source, exchange.timestamp),
    )


def _response(response: Response, exchange: Exchange, source: Path) -> http.Response:
    reason = (response.reason or "").encode("latin-1", "replace")
    return http.Response(
        status_code=response.status_code, reason=reason, **_message(response, source, exchange.timestamp)
    )


def _message(payload: Request | Response, source: Path, timestamp: float) -> dict[str, Any]:
    """Return what a request and a response of mitmproxy have in common."""
    return {
        "http_version": (payload.http_version or "HTTP/1.1").encode(),
        "headers": _headers(payload.headers),
        "content": b"".join(stored_chunks(payload, source)),
        "trailers": _headers(payload.trailers) if payload.trailers else None,
        "timestamp_start": payload.started or timestamp,
        "timestamp_end": payload.ended,
    }


def _headers(headers: Headers) -> http.Headers:
    """Return header fields without the content-encoding, which is undone."""
    pairs = [(name, value) for name, value in header_pairs(headers) if name.lower() != _ENCODING]
    return http.Headers([(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in pairs])


def _conversation(conversation: WebSocket, source: Path) -> websocket.WebSocketData:
    by_client = {"client": True, "server": False}.get(conversation.closed_by or "")
    return websocket.WebSocketData(
        messages=[_websocket_message(message, source) for message in conversation.messages],
        closed_by_client=by_client,
        close_code=conversation.close_code,
        close_reason=conversation.close_reason,
        timestamp_end=conversation.ended,
    )


def _websocket_message(message: Message, source: Path) -> websocket.WebSocketMessage:
    content = b"".join(message_chunks(message, source))
    return websocket.WebSocketMessage(_TYPES[message.type], message.direction == "client", content, message.timestamp)
