"""An exchange as written: one line of `traffic.jsonl`, typed.

The addon (`probe.addon`) writes these lines with the standard library alone; this module
reads them back. Foreign files with only `timestamp`, `request` and `response` are accepted.
"""

from __future__ import annotations

from typing import Any

import msgspec

Headers = dict[str, str | list[str]]
Span = tuple[int, int]
"""Begin and end of a line, or of a JSON string's content, in bytes of the file."""


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request or a response, decoded."""

    headers: Headers = {}
    """As sent, credentials redacted; a header that repeats has all its values in order."""
    body: Any = None
    """Parsed JSON, text and event streams as a string, anything else as base64, by `body_kind`."""
    body_kind: str | None = None
    """json, text, sse, base64 or none; None in a foreign file."""
    body_text: str | None = None
    """The exact JSON text if a compact dump of `body` has other bytes; else None."""
    size: int | None = None
    """Bytes of the decoded body before redaction; None in a foreign file."""
    sha256: str | None = None
    """Hash of those bytes."""
    wire_size: int | None = None
    """Bytes of the body on the wire, before decoding."""
    redactions: int = 0
    """How many places of the body were redacted."""
    stored_sha256: str | None = None
    """Hash of the decoded body as stored; only if something was redacted."""
    decode_error: str | None = None
    """Why the body could not be decoded; it is then stored as it was on the wire."""
    lost: int = 0
    """Bytes that crossed the wire and could not be kept (a full disk)."""
    pieces: list[tuple[float, int]] = []
    """When each piece arrived (epoch seconds) and where it begins, in bytes of the stored body."""
    started: float | None = None
    """Epoch seconds of the first byte."""
    ended: float | None = None
    """Epoch seconds of the last byte; None when the message was cut short."""
    http_version: str | None = None
    trailers: Headers | None = None
    whole_text: Span | None = None
    """Where the whole text is, when it is too long to be loaded: `body` (or `body_text`) then holds its begin and its
    end; not stored."""

    def header(self, name: str) -> str | None:
        """Return the (first) value of a header, ignoring case, or None."""
        for key, value in self.headers.items():
            if key.lower() == name.lower():
                return value if isinstance(value, str) else next(iter(value), None)
        return None


class Request(Payload, frozen=True, kw_only=True):
    """What the agent sent."""

    method: str
    url: str
    """The upstream's URL, credentials redacted."""


class Interim(msgspec.Struct, frozen=True, kw_only=True):
    """An interim answer: 100 Continue, 103 Early Hints."""

    timestamp: float
    status_code: int
    reason: str | None = None
    headers: Headers = {}


class Response(Payload, frozen=True, kw_only=True):
    """What came back."""

    status_code: int
    reason: str | None = None
    interim: list[Interim] = []
    """The upstream's interim answers, without the proxy's own 100 Continue."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One WebSocket message, decompressed."""

    timestamp: float
    direction: str
    """client (the agent sent it) or server."""
    type: str
    """text or binary."""
    content: str
    """The text, or base64 of a binary message."""
    size: int | None = None
    """Bytes of the message as it crossed the wire, decompressed."""
    sha256: str | None = None
    redactions: int = 0
    stored_sha256: str | None = None
    whole_text: Span | None = None
    """As in a body."""


class WebSocket(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSocket conversation."""

    messages: list[Message] = []
    lost: int = 0
    """Messages that crossed the wire and could not be kept (a full disk)."""
    close_code: int | None = None
    """1006 when it ended without a close frame."""
    close_reason: str | None = None
    closed_by: str | None = None
    """client or server; None when it is unknown."""
    ended: float | None = None
    """When it closed, in epoch seconds."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and all that came back for it."""

    timestamp: float
    """When the request began, in epoch seconds."""
    request: Request
    response: Response | None = None
    """None when the connection died before an answer."""
    websocket: WebSocket | None = None
    """None when the exchange was not a WebSocket conversation."""
    error: str | None = None
    """What cut the exchange short; None when both sides ended it properly."""
    refused: bool = False
    """Whether the proxy refused the request, as `error` says: a web page sent it, not the agent."""
    id: str | None = None
    listener: str | None = None
    """Name of the listener that it came through; None when the addon ran without a target."""
    schema: int = 0
    """Version of the record's form; 0 in a foreign file."""
    seq: int = 0
    """Line number in the file, from 1; not stored."""
    span: Span | None = None
    """Where its line begins and ends, in bytes of the file; not stored."""

    @property
    def ended(self) -> float:
        """Return epoch seconds of the last known event of this exchange."""
        times = [self.timestamp, self.request.ended or 0.0]
        if self.response:
            times += [self.response.started or 0.0, self.response.ended or 0.0]
            times += [time for time, _ in self.response.pieces[-1:]]
        if self.websocket:
            times += [message.timestamp for message in self.websocket.messages[-1:]]
            times.append(self.websocket.ended or 0.0)
        return max(times)


class UnreadRequest(Request, frozen=True, kw_only=True):
    """A request whose body is still JSON text."""

    body: msgspec.Raw = msgspec.Raw(b"null")


class UnreadResponse(Response, frozen=True, kw_only=True):
    """A response whose body is still JSON text."""

    body: msgspec.Raw = msgspec.Raw(b"null")


class UnreadExchange(Exchange, frozen=True, kw_only=True):
    """An exchange whose bodies are still unparsed: a reader parses them once, and only what it needs."""

    request: UnreadRequest
    response: UnreadResponse | None = None


_Scalar = str | int | float | bool | None
_Piece = list[msgspec.Raw] | dict[str, msgspec.Raw] | _Scalar
Outline = dict[str, _Piece] | list[msgspec.Raw] | _Scalar
"""A JSON value of which two levels are read, and what is below is still JSON text."""


class OutlinedRequest(UnreadRequest, frozen=True, kw_only=True):
    """A request whose body is read in outline."""

    body: Outline = None  # type: ignore[assignment]


class OutlinedExchange(UnreadExchange, frozen=True, kw_only=True):
    """An exchange whose request was read in outline along with the line that it is in, which is nearly free."""

    request: OutlinedRequest
    line: bytes = b""
    """The line, which has the JSON text of the request's body; not stored."""

    def unread(self) -> UnreadExchange:
        """Return the exchange with the JSON text of its bodies."""
        return _unread_decoder.decode(self.line)


_unread_decoder = msgspec.json.Decoder(UnreadExchange)
