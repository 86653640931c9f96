"""What a page reads besides its summary: the index, and the details of exchanges; `page/types.d.ts` explains both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from probe.record.exchange import Headers, Interim
from probe.report.html.recipe import Recipe


class ItemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the page knows of an item without its content."""

    kind: str
    name: str
    role: str | None
    api: str
    context: Mapping[str, int]
    origins: Sequence[str]
    size: int
    sha256: str
    beginning: str
    canonical: int
    raw: int
    blocks: int


class TurnContent(msgspec.Struct, frozen=True, kw_only=True):
    """Where the content of a turn is."""

    items: Sequence[int]
    answer: int | None
    notes: int | None
    echoes: int | None


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """Where all content is."""

    pieces: Sequence[int]
    holes: Sequence[Sequence[int]]
    chunks: Sequence[Sequence[int]]
    lanes: Sequence[int]
    items: Sequence[ItemFacts]
    turns: Mapping[str, TurnContent]
    details: Sequence[int]
    begins: Sequence[int]
    lines: Sequence[int]


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A request or a response, its body as a recipe."""

    headers: Headers
    kind: str | None
    body: Recipe
    size: int | None
    sha256: str | None
    stored_sha256: str | None
    wire_size: int | None
    redactions: int
    lost: int
    decode_error: str | None
    pieces: Sequence[tuple[float, int]]
    started: float | None
    ended: float | None
    http_version: str | None
    trailers: Headers | None


class Request(Payload, frozen=True, kw_only=True):
    """A request."""

    method: str
    url: str


class Response(Payload, frozen=True, kw_only=True):
    """A response."""

    status_code: int
    reason: str | None
    interim: Sequence[Interim]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSocket message."""

    at: float
    direction: str
    type: str
    body: Recipe
    size: int | None
    sha256: str | None
    stored_sha256: str | None
    redactions: int


class WebSocket(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSocket conversation."""

    messages: Sequence[Message]
    close_code: int | None
    close_reason: str | None
    closed_by: str | None
    ended: float | None
    lost: int


class ExchangeDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange whole."""

    line: int
    request: Request
    response: Response | None
    request_blocks: int | None
    response_blocks: int | None
    websocket: WebSocket | None
    error: str | None
