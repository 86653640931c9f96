"""A recorded answer made into bytes for the wire again."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from multidict import CIMultiDict

from probe.record.exchange import Exchange, Payload
from probe.wire.addon.json_text import dumps
from probe.wire.replay_recording import Reply

# These tell about the recorded connection, its server or its day, not about the answer; cookies are redacted.
NOT_REPLAYED = {
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    *("content-encoding", "content-length", "proxy-authenticate"),
    *("alt-svc", "date", "server", "set-cookie", "strict-transport-security"),
}

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)


def stored_bytes(payload: Payload) -> bytes:
    """Give a body's bytes as the record keeps them."""
    if payload.body_kind == "base64":
        return base64.b64decode(payload.body)
    if payload.body_text is not None:
        return payload.body_text.encode()
    if isinstance(payload.body, str) and payload.body_kind != "json":
        return payload.body.encode()
    if payload.body is None and payload.body_kind != "json":
        return b""
    return dumps(payload.body).encode()


def turn_bytes(reply: Reply) -> bytes:
    """Give a turn's answer in its HTTP form."""
    if reply.turn.websocket:
        return str(reply.turn.response or "").encode()
    return stored_bytes(reply.exchange.response) if reply.exchange.response else b""


def replayed_headers(exchange: Exchange, content_type: str | None = None) -> CIMultiDict[str]:
    """Give the recorded headers that belong to the answer itself."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (exchange.response.headers if exchange.response else {}).items():
        if name.lower() not in NOT_REPLAYED and not name.lower().startswith("sec-websocket-"):
            for one in [value] if isinstance(value, str) else value:
                headers.add(name, one)
    if content_type and "content-type" not in headers:
        headers["content-type"] = content_type
    return headers


def events(body: bytes) -> Iterator[bytes]:
    """Cut an event stream after each event; nothing is lost, a last piece without an end included."""
    end = 0
    for event in _EVENT.finditer(body):
        end = event.end()
        yield event.group()
    if body[end:]:
        yield body[end:]


def turn_messages(reply: Reply, renderer: ModuleType) -> list[str]:
    """Give a turn's answer as WebSocket messages, also where it was recorded over HTTP."""
    turn = reply.turn
    if turn.messages or turn.response is None:
        return list(turn.messages)
    if turn.content_type == "text/event-stream":
        data: Callable[[str], Iterator[str]] = renderer.stream_data
        return list(data(turn.response))
    status = turn.status_code or 500
    text = turn.response if isinstance(turn.response, str) else dumps(turn.response)
    return [error_message(renderer, status, text)]


def error_answer(renderer: ModuleType, status: int, message: str) -> bytes:
    """Give an error in the API's own shape, or in the commonest one."""
    shape: Callable[[int, str], Any] = getattr(renderer, "error_answer", _common_error)
    return dumps(shape(status, message)).encode()


def error_message(renderer: ModuleType, status: int, message: str) -> str:
    """Give an error as the API sends it over a WebSocket."""
    shape: Callable[[int, str], Any] = getattr(renderer, "error_message", _common_error)
    return json.dumps(shape(status, message))


def _common_error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "replay_error", "code": status}}
