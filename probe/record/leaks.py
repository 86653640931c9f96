"""What of a run still looks like a credential: where, and of which kind, never the value itself.

Each text is searched as the redactor searches it, and by `credential_check`, which knows nothing of the redactor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote_plus

import msgspec

from probe.addon.aws_event_stream import is_event_stream, joined_events
from probe.addon.json_text import dumps
from probe.addon.kept_body import IN_ONE_PIECE
from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.across_events import joined_texts
from probe.addon.redaction.edits import in_blocks
from probe.addon.redaction.redactor import Redactor
from probe.record.common_parts import common_start
from probe.record.credential_check import CredentialCheck
from probe.record.exchange import Exchange, Headers, Message, Payload, Response
from probe.record.files import open_plain
from probe.record.integrity import body_chunks, message_chunks

_BLOCK = 1 << 20
_SPREAD = "a credential spread over several pieces"


class LeakSearch:
    """Searches a run for credentials, and for the secrets in the variables of an environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._check = CredentialCheck(environ)
        self._clean_request = b""
        """The last request's body in which nothing was found."""

    def in_exchange(self, exchange: Exchange, source: Path) -> Iterator[str]:
        """Yield what in an exchange of a file looks like a credential."""
        yield from (f"URL: {kind}" for kind in self._in_url(exchange.request.url))
        for name, payload in (("request", exchange.request), ("response", exchange.response)):
            if payload:
                yield from (f"{name} header {leak}" for leak in self._in_headers(payload.headers))
                yield from (f"{name} trailer {leak}" for leak in self._in_headers(payload.trailers or {}))
                yield from (f"{name} reason: {kind}" for kind in self._in_reasons(payload))
                yield from (f"{name} body: {kind}" for kind in self._in_body(payload, source))
        if exchange.websocket:
            yield from self._in_messages(exchange.websocket.messages, source)
            yield from (f"close reason: {kind}" for kind in self._in_text(exchange.websocket.close_reason))
        yield from (f"error: {kind}" for kind in self._in_text(exchange.error))

    def in_file(self, path: Path) -> Iterator[str]:
        """Yield what in a file looks like a credential."""
        with open_plain(path) as file:
            yield from self._in_chunks(iter(lambda: file.read(_BLOCK), b""))

    def _in_url(self, url: str) -> Iterator[str]:
        if Redactor(b"").url(url) != url:
            yield "a parameter that is named like a credential, or user info"
        plain = unquote_plus(url)
        yield from self._in_text(url if plain == url else f"{url}\n{plain}")

    def _in_headers(self, headers: Headers) -> Iterator[str]:
        for name, values in headers.items():
            for value in [values] if isinstance(values, str) else values:
                # Files from elsewhere have marks of their own.
                if "REDACTED" in value or "***" in value:
                    continue
                if Redactor(b"").header(name, value) != value:
                    yield f"{name}: not redacted"
                else:
                    found = self._check.kinds(f"{name}: {value}".encode("utf-8", "replace"))
                    yield from (f"{name}: {kind}" for kind in sorted(found))

    def _in_reasons(self, payload: Payload) -> Iterator[str]:
        if isinstance(payload, Response):
            for reason in (payload.reason, *(answer.reason for answer in payload.interim)):
                yield from self._in_text(reason)

    def _in_body(self, payload: Payload, source: Path) -> Iterator[str]:
        try:
            if payload.body_kind is None:
                body = payload.body
                unread = isinstance(body, msgspec.Raw)
                chunks: Iterable[bytes] = [bytes(body) if unread else dumps(body).encode("utf-8", "replace")]
            else:
                chunks = body_chunks(payload, source)
            if (payload.size or 0) > IN_ONE_PIECE:
                yield from self._in_chunks(chunks)
            elif isinstance(payload, Response) or payload.body_kind not in ("json", None):
                data = b"".join(chunks)
                yield from self._in_chunks([data])
                yield from self._in_events(data)
            else:
                yield from self._in_request(b"".join(chunks))
        except ValueError:
            return  # the proof of the record reports what cannot be rebuilt

    def _in_request(self, data: bytes) -> list[str]:
        """Return what is found in a request: an agent sends its whole history again with each."""
        searched = common_start(data, self._clean_request)
        found = self._in_chunks([data[max(0, searched - shapes.LONGEST - shapes.CONTEXT) :]])
        self._clean_request = b"" if found else data
        return found

    def _in_events(self, data: bytes) -> Iterator[str]:
        """Yield what is found only when the frames of a stream are decoded, or the pieces of a text joined."""
        if is_event_stream(data):
            data = joined_events(data)
            yield from (f"event stream: {kind}" for kind in self._in_chunks([data]))
        yield from self._spread(data)

    def _in_messages(self, messages: list[Message], source: Path) -> Iterator[str]:
        for number, message in enumerate(messages, 1):
            try:
                found = self._in_chunks(message_chunks(message, source))
            except ValueError:
                continue
            yield from (f"WebSocket message {number}: {kind}" for kind in found)
        for direction in ("client", "server"):
            texts = (one.content.encode() for one in messages if one.direction == direction and one.type == "text")
            yield from (f"WebSocket messages of the {direction}: {kind}" for kind in self._spread(b"\n".join(texts)))

    def _spread(self, data: bytes) -> Iterator[str]:
        if len(data) <= IN_ONE_PIECE and self._in_chunks([joined_texts(data)]):
            yield _SPREAD

    def _in_text(self, text: str | None) -> list[str]:
        return self._in_chunks([text.encode("utf-8", "replace")]) if text else []

    def _in_chunks(self, chunks: Iterable[bytes]) -> list[str]:
        """Return the kinds of credentials that are found in bytes of any length."""
        kinds: set[str] = set()
        before = b""
        for block in in_blocks(chunks, _BLOCK):
            data = before + block
            # What begins in the first bytes was searched in the last block, together with what is before it.
            kinds |= {one.shape for one in shapes.find(data) if not before or one.start >= shapes.CONTEXT}
            kinds |= self._check.kinds(data)
            before = data[-(shapes.LONGEST + shapes.CONTEXT) :]
        return sorted(kinds)
