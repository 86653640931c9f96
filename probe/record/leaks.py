"""Find what still looks like a credential in a run: where, and of which shape, never the value itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from probe.addon.bodies import IN_ONE_PIECE
from probe.addon.json_text import dumps
from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.across_events import edits_across_events
from probe.addon.redaction.edits import in_blocks
from probe.addon.redaction.redactor import Redactor
from probe.record.exchange import Exchange, Headers, Message, Payload, Response
from probe.record.files import open_plain
from probe.record.integrity import body_chunks, message_chunks

_BLOCK = 1 << 20
_SPREAD = "a credential spread over several pieces"


def exchange_leaks(exchange: Exchange, source: Path) -> Iterator[str]:
    """Yield what looks like a credential in an exchange of a file."""
    yield from (f"URL: {shape}" for shape in _url_leaks(exchange.request.url))
    for name, payload in (("request", exchange.request), ("response", exchange.response)):
        if payload:
            yield from (f"{name} header {leak}" for leak in _header_leaks(payload.headers))
            yield from (f"{name} trailer {leak}" for leak in _header_leaks(payload.trailers or {}))
            yield from (f"{name} reason: {shape}" for shape in _reason_leaks(payload))
            yield from (f"{name} body: {shape}" for shape in _body_leaks(payload, source))
    if exchange.websocket:
        yield from _conversation_leaks(exchange.websocket.messages, source)
        yield from (f"close reason: {shape}" for shape in _text_leaks(exchange.websocket.close_reason))
    yield from (f"error: {shape}" for shape in _text_leaks(exchange.error))


def file_leaks(path: Path) -> Iterator[str]:
    """Yield what looks like a credential in a file."""
    with open_plain(path) as file:
        yield from _shapes_in(iter(lambda: file.read(_BLOCK), b""))


def _reason_leaks(payload: Payload) -> Iterator[str]:
    if isinstance(payload, Response):
        for reason in (payload.reason, *(answer.reason for answer in payload.interim)):
            yield from _text_leaks(reason)


def _url_leaks(url: str) -> Iterator[str]:
    if Redactor(b"").url(url) != url:
        yield "a parameter that is named like a credential, or user info"
    yield from _text_leaks(url)


def _header_leaks(headers: Headers) -> Iterator[str]:
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            # Other programs use other marks.
            if "REDACTED" not in value and "***" not in value and Redactor(b"").header(name, value) != value:
                yield f"{name}: not redacted"


def _body_leaks(payload: Payload, source: Path) -> Iterator[str]:
    try:
        if payload.body_kind is None:
            body = payload.body
            unread = isinstance(body, msgspec.Raw)
            chunks: Iterable[bytes] = [bytes(body) if unread else dumps(body).encode("utf-8", "replace")]
        else:
            chunks = list(body_chunks(payload, source)) if payload.body_kind == "sse" else body_chunks(payload, source)
        yield from _shapes_in(chunks)
        if payload.body_kind == "sse":
            yield from _spread(b"".join(chunks))
    except ValueError:
        return  # `integrity` reports what cannot be rebuilt


def _conversation_leaks(messages: list[Message], source: Path) -> Iterator[str]:
    for number, message in enumerate(messages, 1):
        try:
            found = _shapes_in(message_chunks(message, source))
        except ValueError:
            continue
        yield from (f"WebSocket message {number}: {shape}" for shape in found)
    for direction in ("client", "server"):
        texts = (one.content.encode() for one in messages if one.direction == direction and one.type == "text")
        yield from (f"WebSocket messages of the {direction}: {shape}" for shape in _spread(b"\n".join(texts)))


def _spread(data: bytes) -> Iterator[str]:
    if len(data) <= IN_ONE_PIECE and edits_across_events(data, Redactor(b"")):
        yield _SPREAD


def _text_leaks(text: str | None) -> list[str]:
    return _shapes_in([(text or "").encode("utf-8", "replace")])


def _shapes_in(chunks: Iterable[bytes]) -> list[str]:
    """Return the names of the shapes found in bytes of any length."""
    names: set[str] = set()
    before = b""
    for block in in_blocks(chunks, _BLOCK):
        data = before + block
        # Shapes at the very start were found in the last block, with their context.
        names |= {one.shape for one in shapes.find(data) if not before or one.start >= shapes.CONTEXT}
        before = data[-(shapes.LONGEST + shapes.CONTEXT) :]
    return sorted(names)
