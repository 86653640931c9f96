"""Where credentials were redacted: kinds of places, with the tags that tell one credential from another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from probe.record.exchange import Headers, Payload, UnreadExchange

_MARK = "[REDACTED"
_TAG = re.compile(rb"\[REDACTED:([0-9A-Za-z_-]{1,64})\]")


class Redacted(msgspec.Struct, kw_only=True):
    """What was redacted in one kind of place."""

    count: int = 0
    tags: set[bytes] = msgspec.field(default_factory=set)
    """A tag is the same for the same credential, and says nothing about it."""
    lines: list[int] = msgspec.field(default_factory=list)
    """Lines of the record."""


class RedactedPlaces:
    """Counts what was redacted, without its value."""

    def __init__(self) -> None:
        self.places: dict[str, Redacted] = {}
        """By kind of place: `request header authorization`, `request body`."""

    def add(self, exchange: UnreadExchange) -> None:
        """Count an exchange; bodies are searched only where the record counts redactions."""
        line, request, response = exchange.seq, exchange.request, exchange.response
        self._text("URL", line, request.url)
        for side, payload in (("request", request), ("response", response)):
            if payload is None:
                continue
            self._headers(f"{side} header", line, payload.headers)
            self._headers(f"{side} trailer", line, payload.trailers or {})
            if payload.redactions:
                self._found(f"{side} body", line, payload.redactions, _tags(_pieces(payload)))
        for interim in response.interim if response else ():
            self._headers("interim response header", line, interim.headers)
        for message in exchange.websocket.messages if exchange.websocket else ():
            if message.redactions:
                place = f"WebSocket message of the {message.direction}"
                self._found(place, line, message.redactions, _tags([message.content]))

    def merge(self, other: RedactedPlaces) -> None:
        """Add what a later part of the record has."""
        for place, found in other.places.items():
            known = self.places.setdefault(place, Redacted())
            known.count += found.count
            known.tags |= found.tags
            known.lines += found.lines

    def _headers(self, kind: str, line: int, headers: Headers) -> None:
        for name, value in headers.items():
            if _MARK in (value if isinstance(value, str) else "\n".join(value)):
                self._text(f"{kind} {name.lower()}", line, value if isinstance(value, str) else "\n".join(value))

    def _text(self, place: str, line: int, text: str) -> None:
        if count := text.count(_MARK):
            self._found(place, line, count, _tags([text]))

    def _found(self, place: str, line: int, count: int, tags: Iterable[bytes]) -> None:
        known = self.places.setdefault(place, Redacted())
        known.count += count
        known.tags.update(tags)
        if known.lines[-1:] != [line]:
            known.lines.append(line)


def _tags(texts: Iterable[Any]) -> Iterator[bytes]:
    for text in texts:
        yield from _TAG.findall(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)


def _pieces(payload: Payload) -> Iterator[Any]:
    """Yield the texts and JSON texts that a body, which may be read in outline, is made of."""
    body: Any = payload.body
    if payload.body_text is not None:
        yield payload.body_text
        return
    members = [body] if not isinstance(body, Mapping) else [*body, *body.values()]
    for member in members:
        inner = member if isinstance(member, list) else [member]
        inner = [*member, *member.values()] if isinstance(member, Mapping) else inner
        yield from (one for one in inner if isinstance(one, str | msgspec.Raw))
