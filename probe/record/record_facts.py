"""What other formats have no field for: exported beside their own fields, and read back on import."""

from __future__ import annotations

from typing import Any

import msgspec

from probe.record.exchange import Exchange, Headers, Interim, Message, Payload

KEY = "_agentProbe"
"""Its name in a HAR entry, and in the metadata of a mitmproxy flow. HAR 1.2 reserves names with `_` for extensions."""


class BodyFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a request or a response; the names are those of a record."""

    size: int | None = None
    sha256: str | None = None
    wire_size: int | None = None
    redactions: int = 0
    stored_sha256: str | None = None
    decode_error: str | None = None
    lost: int = 0
    pieces: list[tuple[float, int]] = []
    started: float | None = None
    ended: float | None = None
    http_version: str | None = None
    trailers: Headers | None = None
    reason: str | None = None
    interim: list[Interim] = []
    headers: Headers | None = None
    """Only where the format has others."""

    @property
    def held_sha256(self) -> str | None:
        """Return the hash of the body as it was exported; it shows whether the body was changed since."""
        return self.stored_sha256 if self.redactions else self.sha256


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a WebSocket message in which something was redacted."""

    number: int
    """From 0."""
    size: int | None = None
    sha256: str | None = None
    redactions: int = 0
    stored_sha256: str | None = None


class ConversationFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a WebSocket conversation."""

    lost: int = 0
    close_code: int | None = None
    close_reason: str | None = None
    closed_by: str | None = None
    ended: float | None = None
    redacted: list[MessageFacts] = []


class RecordFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of an exchange."""

    timestamp: float
    request: BodyFacts
    response: BodyFacts | None = None
    websocket: ConversationFacts | None = None
    error: str | None = None
    refused: bool = False
    id: str | None = None
    listener: str | None = None
    schema: int = 0
    url: str | None = None
    """Only where the format has another."""
    target: str | None = None


def facts_of(exchange: Exchange, target: str) -> RecordFacts:
    """Return the facts of an exchange of a run."""
    websocket = None
    if conversation := exchange.websocket:
        redacted = [
            MessageFacts(number=number, **_named(message, MessageFacts, "number"))
            for number, message in enumerate(conversation.messages)
            if message.redactions
        ]
        websocket = ConversationFacts(redacted=redacted, **_named(conversation, ConversationFacts, "redacted"))
    return RecordFacts(
        request=_body(exchange.request),
        response=_body(exchange.response) if exchange.response else None,
        websocket=websocket,
        target=target,
        **_named(exchange, RecordFacts, "request", "response", "websocket", "target"),
    )


def _body(payload: Payload) -> BodyFacts:
    return BodyFacts(**_named(payload, BodyFacts, "headers"))


def _named(source: Exchange | Payload | Message | Any, kind: type[msgspec.Struct], *without: str) -> dict[str, Any]:
    """Return the fields of a part of a record that facts of this kind have too."""
    names = [name for name in kind.__struct_fields__ if name not in without and hasattr(source, name)]
    return {name: getattr(source, name) for name in names}


def as_builtins(facts: RecordFacts) -> dict[str, Any]:
    """Return facts as JSON has them."""
    values: dict[str, Any] = msgspec.to_builtins(facts)
    return values


def read_facts(value: Any) -> RecordFacts | None:
    """Return the facts that a file has; None where it has none, or what is there is no such thing."""
    try:
        return msgspec.convert(value, RecordFacts) if value is not None else None
    except msgspec.ValidationError:
        return None
