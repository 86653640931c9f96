"""What `summary.json` says of exchanges, hosts, tools and secrets, and of the proof."""

from __future__ import annotations

from probe.report.summary_part import Part


class ExchangeFacts(Part, frozen=True, kw_only=True):
    """One request and all that came back for it."""

    line: int
    """Line of the record."""
    id: str | None
    """Its id in the record."""
    listener: str | None
    """The listener that it came through."""
    method: str
    """Of the request."""
    url: str
    """Without credentials."""
    status: int | None
    """None when no answer came."""
    started: float
    """When the request began."""
    ended: float
    """The last thing known of it."""
    complete: bool
    """False where the answer did not come to its end."""
    error: str | None
    """What cut it short; None when both sides ended it properly."""
    sent: int
    """Of the request's body, and the agent's messages."""
    received: int
    """Of the response's body, and the upstream's messages."""
    turns: list[int]
    """Its calls of the model; none for a side exchange."""
    websocket_messages: int | None
    """None when it was no WebSocket conversation."""
    redactions: int
    """Places in bodies and messages where something was redacted."""


class ToolFacts(Part, frozen=True, kw_only=True):
    """A tool that the model was offered, or called."""

    name: str
    """As calls have it."""
    offered: int
    """Turns that offered it."""
    first_turn: int | None
    """The first of them; None where it was never offered."""
    calls: int
    """Calls of the model."""
    failed: int
    """Calls whose result is an error, as far as the API reports that."""
    bytes: int
    """Of its newest definition."""


class Injected(Part, frozen=True, kw_only=True):
    """Texts that the agent's harness put among the user's words."""

    what: str
    """The tag around them, the words that they begin with, or `no mark`: only side requests have them, or the prompt is
    known, and they are not it."""
    count: int
    """Different texts."""
    bytes: int
    """Of these, each counted once."""
    first_turn: int
    """The first turn that sent one."""


class Host(Part, frozen=True, kw_only=True):
    """One host and port, and what went there in one of the two ways."""

    name: str
    """Host and port."""
    captured: bool
    """False when only its tunnels were seen."""
    listeners: list[str]
    """The listeners that led there."""
    requests: int
    """Exchanges of a captured one, else tunnels."""
    sent: int
    """Bodies and messages of a captured one, else all within the tunnels."""
    received: int
    """The same from the other side."""
    unreached: int
    """Of these, those without an answer."""


class Hosts(Part, frozen=True, kw_only=True):
    """Which hosts the agent talked to, and how much of that was captured."""

    watched: bool | None
    """Whether what bypassed the listeners was watched; None when that is not known."""
    captured: list[str]
    """Hosts with captured exchanges."""
    not_reached: list[str]
    """Hosts that a listener could not reach."""
    only_seen: list[str]
    """Hosts of which nothing was captured."""
    also_seen: list[str]
    """Captured hosts that tunnels reached as well."""
    in_words: str
    """The same in one sentence."""
    hosts: list[Host]
    """All of them."""


class ObserverChange(Part, frozen=True, kw_only=True):
    """One way in which recording changed the agent."""

    what: str
    """What was changed."""
    why: str
    """Why recording needs it."""


class Secrets(Part, frozen=True, kw_only=True):
    """A kind of place where credentials were redacted; their values are nowhere."""

    place: str
    """Such as `request header authorization` or `request body`."""
    count: int
    """Places where one was redacted."""
    different: int
    """How many different credentials these are."""
    lines: list[int]
    """Lines of the record."""


class Unknown(Part, frozen=True, kw_only=True):
    """Something that was not understood, and is shown as sent."""

    what: str
    """What it is and its name."""
    count: int
    """How often it was met; in an item that is sent again and again, once."""


class Proof(Part, frozen=True, kw_only=True):
    """What shows that the record is whole and unchanged; `verify` checks all of it."""

    traffic_sha256: str | None
    """Of the record as it is; None where nothing is known to compare it with."""
    manifest_sha256: str | None
    """Of the record as the capture left it."""
    matches: bool | None
    """Whether the two are equal; None where one of them is not known."""
    seen: int | None
    """Exchanges that the proxies saw."""
    written: int | None
    """Of these, those that were written down."""
    bodies: int
    """Bodies and WebSocket messages of the record."""
    bodies_with_hash: int
    """Of these, those with a hash that they can be checked against."""
