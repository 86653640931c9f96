"""Facts about a flow other than its bytes, as plain values for the journal and the record."""

from __future__ import annotations

from typing import Any

from mitmproxy.http import Headers, HTTPFlow, Message

from probe.addon.mitmproxy_fixes.interim_answers import take_interim

_SIDES = {True: "client", False: "server", None: None}


def request_facts(flow: HTTPFlow, listener: str | None) -> dict[str, Any]:
    """Return what is known when a request begins; `listener` is the name of its listener."""
    request = flow.request
    return {
        "id": flow.id,
        "listener": listener,
        "method": request.method,
        # mitmproxy decodes bytes that are not UTF-8 to surrogates.
        "url": as_text(request.url.encode("utf-8", "surrogateescape")),
    } | _head(request)


def response_facts(flow: HTTPFlow) -> dict[str, Any]:
    """Return what is known when a response begins."""
    assert flow.response is not None
    facts = {"status_code": flow.response.status_code, "reason": flow.response.reason} | _head(flow.response)
    if interim := take_interim(flow.server_conn):
        facts["interim"] = [
            {
                "timestamp": now,
                "status_code": answer.status_code,
                "reason": answer.reason,
                "headers": text_fields(answer.headers),
            }
            for now, answer in interim
        ]
    return facts


def end_facts(message: Message) -> dict[str, Any]:
    """Return what is known when a request or a response has ended."""
    facts: dict[str, Any] = {"ended": message.timestamp_end}
    if message.trailers:
        facts["trailers"] = text_fields(message.trailers)
    return facts


def close_facts(flow: HTTPFlow) -> dict[str, Any]:
    """Return how and when a WebSocket closed."""
    websocket = flow.websocket
    assert websocket is not None
    return {
        "close_code": websocket.close_code,
        "close_reason": websocket.close_reason,
        # After a time-out the proxy ended it, and neither side did.
        "closed_by": None if flow.client_conn.error else _SIDES[websocket.closed_by_client],
        "ended": websocket.timestamp_end,
    }


def _head(message: Message) -> dict[str, Any]:
    headers = text_fields(message.headers)
    return {
        "headers": headers,
        "http_version": message.http_version,
        "started": message.timestamp_start,
        "content_type": _value(headers, "content-type"),
        "content_encoding": _value(headers, "content-encoding"),
    }


def _value(headers: list[tuple[str, str]], name: str) -> str:
    return ", ".join([value for key, value in headers if len(key) == len(name) and key.lower() == name])


def text_fields(headers: Headers) -> list[tuple[str, str]]:
    """Return header fields as text; bytes that are not UTF-8 are decoded as Latin-1, as HTTP once specified."""
    return [(as_text(name), as_text(value)) for name, value in headers.fields]


def as_text(data: bytes) -> str:
    """Return bytes of a head as text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
