"""The bodies of a record in the forms that other formats have for them."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.json_text import dumps
from probe.exports.json_chunks import LongText, decoded
from probe.record.exchange import Headers, Payload
from probe.record.integrity import body_chunks
from probe.renderers.sse import Event, SseParser, is_stream


def stored_chunks(payload: Payload, source: Path) -> Iterator[bytes]:
    """Yield a body as the record keeps it; `source` is the record's file."""
    if payload.body_kind is not None:
        yield from body_chunks(payload, source)
        return
    # A record that another program wrote.
    body = value_of(payload)
    if body is not None:
        yield (body if isinstance(body, str) else dumps(body)).encode("utf-8", "replace")


def value_of(payload: Payload) -> Any:
    """Return the body as the record has it: parsed JSON, a text, or None."""
    return msgspec.json.decode(payload.body) if isinstance(payload.body, msgspec.Raw) else payload.body


def is_binary(payload: Payload) -> bool:
    """Check whether a body is not text."""
    return payload.body_kind == "base64"


def is_json(payload: Payload) -> bool:
    """Check whether a body is parsed JSON."""
    if payload.body_kind is None:
        return value_of(payload) is not None and not isinstance(value_of(payload), str)
    return payload.body_kind == "json" and not payload.whole_text


def is_event_stream(payload: Payload) -> bool:
    """Check whether a body is a stream of server-sent events."""
    return payload.body_kind == "sse" or (payload.body_kind is None and is_stream(value_of(payload)))


def has_body(payload: Payload) -> bool:
    """Check whether there is any body."""
    return payload.body_kind != "none" and bool(payload.size or payload.body_kind or value_of(payload) is not None)


def text_of(payload: Payload, source: Path) -> LongText:
    """Return a body as text: a binary one as base64."""
    if is_binary(payload):
        return LongText(lambda: _base64(stored_chunks(payload, source)))
    return LongText(lambda: decoded(stored_chunks(payload, source)))


def _base64(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % 3
        yield base64.b64encode(data[:whole]).decode()
        rest = data[whole:]
    yield base64.b64encode(rest).decode()


def stream_events(payload: Payload, source: Path) -> Iterator[Event]:
    """Yield the events of a stream."""
    parser = SseParser()
    for chunk in stored_chunks(payload, source):
        yield from parser.feed(chunk)
    yield from parser.finish()


def times_of(events: Iterable[Event], payload: Payload) -> Iterator[tuple[Event, float]]:
    """Yield each event with when it arrived: the time of the piece in which it begins."""
    begins = [begin for _, begin in payload.pieces]
    for event in events:
        yield event, payload.pieces[max(bisect_right(begins, event.offset) - 1, 0)][0]


def header_pairs(headers: Headers) -> list[tuple[str, str]]:
    """Return header fields one by one, repeated ones too."""
    return [
        (name, one) for name, values in headers.items() for one in ([values] if isinstance(values, str) else values)
    ]


def joined_headers(headers: Headers) -> dict[str, str]:
    """Return header fields by name, the values of a repeated one joined."""
    return {name: values if isinstance(values, str) else ", ".join(values) for name, values in headers.items()}
