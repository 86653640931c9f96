"""A recorded answer made into bytes for the wire again."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from multidict import CIMultiDict

from probe.addon.json_text import dumps
from probe.record.exchange import Payload, Response
from probe.replay.matching import Reply

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
    if payload.body_kind != "json" and (payload.body is None or isinstance(payload.body, str)):
        return (payload.body or "").encode()
    return dumps(payload.body).encode()


def turn_bytes(reply: Reply) -> bytes:
    """Give a turn's answer in its HTTP form."""
    if reply.turn.websocket:
        return str(reply.turn.response or "").encode()
    return stored_bytes(reply.exchange.response) if reply.exchange.response else b""


def replayed_headers(response: Response | None, content_type: str | None = None) -> CIMultiDict[str]:
    """Give the recorded headers that belong to the answer itself."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (response.headers if response else {}).items():
        if name.lower() not in NOT_REPLAYED and not name.lower().startswith("sec-websocket-"):
            for one in [value] if isinstance(value, str) else value:
                headers.add(name, one)
    if content_type and "content-type" not in headers:
        headers["Content-Type"] = content_type
    return headers


def events(body: bytes) -> Iterator[bytes]:
    """Cut an event stream after each event; nothing is lost, a last piece without an end included."""
    end = 0
    for event in _EVENT.finditer(body):
        end = event.end()
        yield event.group()
    if body[end:]:
        yield body[end:]
