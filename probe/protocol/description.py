"""The form of `protocol.json`: endpoints, headers, bodies, events and their order, read off recordings by a machine.

The same recordings give the same description, byte for byte; two recordings of the same version and prompt give
descriptions that differ in counts alone. `probe.protocol.reading` makes it.
"""

from __future__ import annotations

import msgspec

from probe.protocol.values import Member, Part, Value
from probe.record.agent_versions import short_name

SCHEMA = 1


class Protocol(Part, frozen=True, kw_only=True, omit_defaults=False):
    """The protocol that recordings show."""

    schema: int = SCHEMA
    """Version of this form."""
    agents: tuple[str, ...] = ()
    """Targets of the recordings, each with the agent's version where it is known: `codex codex-cli 0.98.0`. In the
    order of versions."""
    replays: tuple[str, ...] = ()
    """Recordings that answered in the place of a real API: `codex/sample`, `codex/sample with faults: 500 once`."""
    replayed: int | msgspec.UnsetType = msgspec.UNSET
    """How many of the recordings they answered; left out where there are none."""
    recordings: int = 0
    """How many recordings were read."""
    exchanges: int = 0
    """How many exchanges they hold."""
    endpoints: tuple[Endpoint, ...] = ()
    """Sorted by listener, path, method and transport."""
    ids: tuple[SameId, ...] = ()
    """Places that carry the same id: what ties exchanges together."""
    shareable: bool = False
    """True where values and texts of more than 40 characters are left out, so that it can be published."""
    cut: bool | msgspec.UnsetType = msgspec.UNSET
    """True where there were more names of some kind (agents, statuses, media types, places of ids) than are kept: those
    with the smallest hashes are, and their numbers are exact."""

    @property
    def title(self) -> str:
        """Return what a document about it is called."""
        return ", ".join(map(short_name, self.agents)) or "A recorded protocol"


class Endpoint(Part, frozen=True, kw_only=True):
    """What is asked at one address in one way."""

    listener: str | None = None
    """Name of the target's listener; null where the record has none."""
    method: str
    """As it is written in the request: `POST`."""
    path: str
    """The URL's path; a word that differs from exchange to exchange is a parameter: `/v1/models/{model}`."""
    transport: str
    """`http` or `websocket`."""
    api: str
    """Name of the renderer that knows it."""
    count: int
    """How many exchanges."""
    calls: int = 0
    """How many calls of the model."""
    agents: tuple[str, ...] = ()
    """Those of the recordings' agents that ask here."""
    origins: tuple[str, ...] = ()
    """Schemes and hosts of the upstreams; none where that is the machine of the recording."""
    parameters: dict[str, Value] = msgspec.field(default_factory=dict)
    """The path's parameters, by name."""
    query: dict[str, Member] = msgspec.field(default_factory=dict)
    """The query's parameters, by name."""
    request_headers: dict[str, Member] = msgspec.field(default_factory=dict)
    """By name in lower case; a header that repeats has an array. `required`: every request has it."""
    requests: tuple[Body, ...] = ()
    """The bodies of requests, by media type."""
    responses: tuple[Response, ...] = ()
    """What came back, by status."""
    messages: Grammar | None = None
    """The messages of WebSocket conversations, of both sides; a sequence is one call with its answer."""

    @property
    def name(self) -> str:
        """Return the name that is the same in every description: `POST /v1/responses`, `WS /v1/responses`."""
        return f"{'WS' if self.transport == 'websocket' else self.method} {self.path}"


class Body(Part, frozen=True, kw_only=True):
    """Bodies of one media type."""

    media_type: str
    """`application/json`; empty where the header is missing."""
    count: int
    """How many bodies."""
    value: Value | None = None
    """What JSON bodies are; null for other kinds of bodies, and for streams."""
    events: Grammar | None = None
    """What streams are made of; null where the bodies are no streams."""


class Response(Part, frozen=True, kw_only=True):
    """Answers with one status."""

    status: int | None
    """Null where the connection ended before an answer."""
    count: int
    """How many exchanges."""
    headers: dict[str, Member] = msgspec.field(default_factory=dict)
    """As those of a request."""
    bodies: tuple[Body, ...] = ()
    """By media type; answers without a body are in none."""


class Grammar(Part, frozen=True, kw_only=True):
    """Events of streams, or messages of WebSocket conversations, and the order in which they come."""

    sequences: int
    """How many streams, or calls on a WebSocket."""
    count: int
    """How many events."""
    kinds: tuple[EventKind, ...]
    """Sorted by direction and name."""
    follows: tuple[Follow, ...]
    """What comes directly after what, sorted by names."""


class EventKind(Part, frozen=True, kw_only=True):
    """Events with one type."""

    kind: str
    """The type in its data, else its name in the stream."""
    direction: str = "server"
    """`client` or `server`."""
    count: int
    """How many events."""
    sequences: int
    """In how many sequences it is."""
    first: int = 0
    """In how many sequences it is the first."""
    last: int = 0
    """In how many sequences it is the last."""
    most: int = 1
    """How often it is in the sequence that has the most of it."""
    named: bool = False
    """True where each such event of a stream has a line `event:` with this name."""
    always_followed_by: tuple[str, ...] = ()
    """Kinds of which one comes later, each time, in all sequences."""
    never_followed_by: tuple[str, ...] = ()
    """Kinds that are seen, but in no sequence later than this one."""
    always_preceded_by: tuple[str, ...] = ()
    """Kinds of which one came earlier, each time, in all sequences."""
    value: Value
    """The data of these events."""

    @property
    def label(self) -> str:
        """Return how it is written where kinds of both sides are listed."""
        return label(self.direction, self.kind)


class Follow(Part, frozen=True, kw_only=True):
    """An event of one kind directly after one of another kind."""

    before: str | None = None
    """Null: the sequence begins."""
    after: str | None = None
    """Null: the sequence ends."""
    count: int
    """How often."""


class SameId(Part, frozen=True, kw_only=True):
    """Places that carry the same id."""

    listener: str | None = None
    """Name of the target's listener; null where the record has none."""
    places: tuple[str, ...]
    """Endpoint, side and place of each: `POST /v1/responses request headers.session_id`; an answer is an
    earlier one."""
    count: int
    """In how many calls they carry the same value."""
    of: int
    """How many calls have both places; of an answer's id, how many have the first place."""


def label(direction: str, kind: str) -> str:
    """Return how a kind of events is written where kinds of both sides are listed."""
    return f"client {kind}" if direction == "client" else kind
