"""Learn what is personal in a record: read once before it is copied, since a value may appear before it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from probe.addon.aws_event_stream import is_event_stream, joined_events
from probe.addon.json_text import dumps
from probe.addon.kept_body import IN_ONE_PIECE
from probe.addon.redaction.across_events import joined_texts
from probe.addon.redaction.edits import in_blocks
from probe.record.common_parts import common_start
from probe.record.exchange import Headers, Payload, UnreadExchange
from probe.record.integrity import body_chunks, message_chunks
from probe.redact import personal_patterns, personal_places
from probe.redact.personal_values import PersonalValues
from probe.redact.surroundings import user_of

_BLOCK = 1 << 20
_OVERLAP = 4096
"""Bytes of a block that are read again with the next: a value may cross its border."""


class Learner:
    """Learns from the exchanges of one record."""

    def __init__(self, values: PersonalValues) -> None:
        self._values = values
        self._last_request = b""

    def learn_from(self, exchange: UnreadExchange, source: Path) -> None:
        """Learn what is personal in an exchange of a file."""
        self._learn(personal_places.in_url(exchange.request.url))
        for payload in (exchange.request, exchange.response):
            if payload:
                for headers in (payload.headers, payload.trailers or {}):
                    self._learn(personal_places.in_headers(pairs(headers)))
                self._learn_from_body(payload, source, is_request=payload is exchange.request)
        self.learn_from_text((exchange.request.url + "\n" + (exchange.error or "")).encode("utf-8", "replace"))
        for message in exchange.websocket.messages if exchange.websocket else ():
            self._learn_from_chunks(message_chunks(message, source))
        for direction in ("client", "server"):
            messages = exchange.websocket.messages if exchange.websocket else ()
            texts = (one.content.encode() for one in messages if one.direction == direction and one.type == "text")
            self.learn_from_text(joined_texts(b"\n".join(texts)))

    def learn_from_text(self, data: bytes) -> None:
        """Learn what is personal in a text."""
        if data:
            self._learn(personal_places.in_text(data))
            for place in personal_patterns.places(data):
                if place.kind in ("email", "host"):
                    self._learn([(place.kind, data[place.start : place.end].decode("utf-8", "replace"))])

    def _learn(self, values: Iterable[tuple[str, str]]) -> None:
        for kind, value in values:
            self._values.learn(kind, value)
            if kind == "folder":
                self._learn(user_of(value))

    def _learn_from_body(self, payload: Payload, source: Path, *, is_request: bool) -> None:
        try:
            chunks = decoded_chunks(payload, source)
            if (payload.size or 0) > IN_ONE_PIECE or payload.whole_text:
                self._learn_from_chunks(chunks)
                return
            data = b"".join(chunks)
        except ValueError:
            return  # copied as a text then
        if is_request:
            # An agent sends its whole history again with each.
            known = common_start(data, self._last_request)
            self._last_request = data
            self._learn_from_chunks([data[max(0, known - _OVERLAP) :]])
            return
        if is_event_stream(data):
            data = joined_events(data)
        self._learn_from_chunks([data])
        self.learn_from_text(joined_texts(data))

    def _learn_from_chunks(self, chunks: Iterable[bytes]) -> None:
        before = b""
        for block in in_blocks(chunks, _BLOCK):
            self.learn_from_text(before + block)
            before = block[-_OVERLAP:]


def decoded_chunks(payload: Payload, source: Path) -> Iterator[bytes]:
    """Yield a body chunk by chunk; one of a foreign file as JSON, or as its text. Raises ValueError."""
    if payload.body_kind is not None:
        yield from body_chunks(payload, source)
    elif payload.body is not None:
        yield (
            bytes(payload.body)
            if isinstance(payload.body, msgspec.Raw)
            else dumps(payload.body).encode("utf-8", "replace")
        )


def pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    """Yield name and value of each header field, in order."""
    for name, values in headers.items():
        yield from ((name, value) for value in ([values] if isinstance(values, str) else values))
