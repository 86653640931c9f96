"""A run understood: the facts of its exchanges and turns, its distinct items, the structure of its payloads."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from probe.record.exchange import Message, Payload, UnreadExchange
from probe.record.reader import read_unread
from probe.renderers.loader import Renderer
from probe.renderers.urls import split_url
from probe.trace.exchanges import ExchangeReader
from probe.trace.facts import TurnFacts, facts_of
from probe.trace.items import Items, NewItem
from probe.trace.redacted_places import RedactedPlaces
from probe.trace.shapes import Structure
from probe.trace.turns import Traced
from probe.trace.unknowns import Unknowns

_NO_BODY = (msgspec.Raw(b"null"), msgspec.Raw(b""))


class ExchangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an exchange."""

    line: int
    """Line of the record."""
    redacted: bool
    """True where the record was written by a redactor; a file from elsewhere may hold credentials."""
    id: str | None
    listener: str | None
    method: str
    url: str
    status: int | None
    """None when no answer came."""
    started: float
    """Epoch seconds."""
    ended: float
    """Epoch seconds of the last thing that is known."""
    complete: bool
    error: str | None
    sent: int
    """Bytes of the request's body and the client's messages."""
    received: int
    turns: int
    websocket_messages: int | None
    """None when it was no WebSocket conversation."""
    redactions: int
    bodies: int
    """Bodies and messages that have content."""
    hashed: int
    """Of these, those with a hash of what is kept."""
    lost_bytes: int
    lost_messages: int

    @property
    def path(self) -> str:
        """Return the path of its URL."""
        return split_url(self.url).path


class Trace:
    """All that is kept of a record, or of a part of one. Traces of parts are merged into that of the whole."""

    def __init__(self, unknowns: Unknowns, items: Items, requests: Structure, responses: Structure) -> None:
        self.exchanges: list[ExchangeFacts] = []
        self.turns: list[TurnFacts] = []
        """In the order of the record."""
        self.unknowns = unknowns
        self.items = items
        self.requests = requests
        self.responses = responses
        self.failures: list[tuple[int, str]] = []
        """Line of the record and reason, where a renderer failed."""
        self.redacted = RedactedPlaces()

    def merge(self, other: Trace) -> list[int]:
        """Add the trace of a later part of the same record; return the number here of each of its items."""
        moved = self.items.merge(other.items)
        first = len(self.turns)
        for turn in other.turns:
            numbers = array("L", [moved[number] for number in turn.items])
            self.turns.append(replace(turn, number=first + turn.number, items=numbers))
        self.exchanges += other.exchanges
        self.requests.merge(other.requests)
        self.responses.merge(other.responses)
        self.failures += other.failures
        self.redacted.merge(other.redacted)
        return moved

    def structures(self) -> tuple[Structure, Structure]:
        """Return the structure of all requests, items included, and that of all responses."""
        requests = Structure()
        requests.merge(self.requests)
        self.items.add_to(requests)
        return requests, self.responses


def read_trace(
    path: Path,
    renderer: Renderer,
    *,
    ids: Mapping[str, Sequence[str]] | None = None,
    on_exchange: Callable[[Traced, Sequence[TurnFacts], Sequence[NewItem]], None] = lambda traced, turns, new: None,
    on_malformed: Callable[[int, str], None] = lambda number, reason: None,
    start: int = 0,
    end: int | None = None,
    lines_before: int = 0,
    structured: bool = True,
) -> Trace:
    """Read a record, or the lines that begin between two offsets, once.

    `ids` says where the agent's own ids are (`probe.record.ids`). `on_exchange` gets each exchange with its content,
    the facts of its turns, and the items that are new with it; `on_malformed` each line that is no record. Without
    `structured` the structure of payloads stays unknown.
    """
    reader = TraceReader(renderer, ids or {}, structured=structured)
    for exchange in read_unread(path, on_malformed, start, end, lines_before, outlined=True):
        on_exchange(*reader.add(exchange))
    return reader.trace


class TraceReader:
    """Makes a trace, one exchange after the other."""

    def __init__(self, renderer: Renderer, ids: Mapping[str, Sequence[str]], *, structured: bool = True) -> None:
        self._reader = ExchangeReader(renderer, structured=structured)
        self._ids = ids
        self.trace = Trace(self._reader.unknowns, self._reader.items, self._reader.requests, self._reader.responses)

    def add(self, exchange: UnreadExchange) -> tuple[Traced, Sequence[TurnFacts], Sequence[NewItem]]:
        """Add an exchange; return it with its content, the facts of its turns, and the items that are new with it."""
        trace, traced = self.trace, self._reader.read(exchange)
        turns = [facts_of(turn, exchange, self._ids) for turn in traced.turns]
        trace.turns += turns
        trace.exchanges.append(exchange_facts(traced))
        trace.redacted.add(exchange)
        trace.failures += [(exchange.seq, failure) for failure in traced.failures]
        return traced, turns, trace.items.take_new()


def has_body(payload: Payload) -> bool:
    """Check whether a request or a response has a body."""
    if payload.body_kind is not None:
        return payload.body_kind != "none"
    return payload.body is not None and payload.body not in _NO_BODY


def exchange_facts(traced: Traced) -> ExchangeFacts:
    exchange = traced.exchange
    websocket = exchange.websocket
    payloads = [payload for payload in (exchange.request, exchange.response) if payload]
    messages = websocket.messages if websocket else []
    bodies: list[Payload | Message] = [*filter(has_body, payloads), *messages]
    return ExchangeFacts(
        line=exchange.seq,
        redacted=exchange.schema > 0,
        id=exchange.id,
        listener=exchange.listener,
        method=exchange.request.method,
        url=exchange.request.url,
        status=exchange.response.status_code if exchange.response else None,
        started=exchange.timestamp,
        ended=exchange.ended,
        complete=traced.complete,
        error=exchange.error,
        sent=traced.sent,
        received=traced.received,
        turns=len(traced.turns),
        websocket_messages=len(messages) if websocket else None,
        redactions=sum(one.redactions for one in payloads) + sum(one.redactions for one in messages),
        bodies=len(bodies),
        hashed=sum(bool(one.stored_sha256 if one.redactions else one.sha256) for one in bodies),
        lost_bytes=sum(one.lost for one in payloads),
        lost_messages=websocket.lost if websocket else 0,
    )
