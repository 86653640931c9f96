"""What an agent sent in a run: each request, and each message on a WebSocket, with what came back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from probe.record.exchange import Exchange, Headers
from probe.record.reader import read_exchanges
from probe.slots.slots import json_within


class Sent(NamedTuple):
    """One request, or one message on a WebSocket."""

    endpoint: str
    """Method and path; of a message, its type too."""
    headers: Headers
    """Of the request; for a message, of the one that opened the WebSocket."""
    body: Any
    """Parsed where it is JSON."""


def read_sent(traffic: Path) -> Iterator[Sent]:
    """Yield what was sent, in the order of its time; lines that are no records are left out."""
    exchanges = list(read_exchanges(traffic, lambda number, reason: None))
    timed = [one for exchange in exchanges for one in sent_in(exchange)]
    yield from (sent for _, sent in sorted(timed, key=lambda one: one[0]))


def sent_in(exchange: Exchange) -> Iterator[tuple[float, Sent]]:
    """Yield what was sent in an exchange, with its time."""
    request = exchange.request
    endpoint = f"{request.method} {urlsplit(request.url).path}"
    yield exchange.timestamp, Sent(endpoint, request.headers, request.body)
    for message in exchange.websocket.messages if exchange.websocket else ():
        if message.direction == "client" and message.type == "text":
            body = json_within(message.content)
            kind = body.get("type") if isinstance(body, dict) else None
            content = message.content if body is None else body
            yield message.timestamp, Sent(f"{endpoint} {kind or 'message'}", request.headers, content)
