"""Convert a recorded answer to bytes for the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from multidict import CIMultiDict

from probe.record.exchange import Payload, Response
from probe.record.integrity import body_bytes
from probe.replay.recorded_turn import RecordedTurn, as_stream

# These belong to the recorded connection, its server or its date, not to the answer; cookies are redacted.
NOT_REPLAYED = {
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    *("content-encoding", "content-length", "proxy-authenticate"),
    *("alt-svc", "date", "server", "set-cookie", "strict-transport-security"),
}

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)
_LINE = re.compile(rb"[^\n]*\n")
_LINES = ("ndjson", "jsonl", "json-lines")
"""Endings of media types of streams whose events are lines."""


def stored_bytes(payload: Payload) -> bytes:
    """Return a body's bytes as the record keeps them."""
    if payload.body_kind is not None:
        return body_bytes(payload)
    raw = bytes(payload.body)
    return b"" if raw == b"null" else str(msgspec.json.decode(raw)).encode() if raw[:1] == b'"' else raw


def turn_bytes(turn: RecordedTurn) -> bytes:
    """Return a turn's answer in its HTTP form."""
    if turn.websocket:
        return as_stream(turn.messages)
    return stored_bytes(turn.exchange.response) if turn.exchange.response else b""


def replayed_headers(response: Response | None, content_type: str | None = None) -> CIMultiDict[str]:
    """Return the recorded headers that belong to the answer itself."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (response.headers if response else {}).items():
        if name.lower() not in NOT_REPLAYED and not name.lower().startswith("sec-websocket-"):
            for one in [value] if isinstance(value, str) else value:
                headers.add(name, one)
    if content_type and "content-type" not in headers:
        headers["Content-Type"] = content_type
    return headers


def events(body: bytes, content_type: str | None = None) -> Iterator[bytes]:
    """Yield a stream cut after each event, or each line; with an incomplete last one."""
    end = 0
    for event in (_LINE if (content_type or "").endswith(_LINES) else _EVENT).finditer(body):
        end = event.end()
        yield event.group()
    if body[end:]:
        yield body[end:]
