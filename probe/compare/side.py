"""What is kept of one of two recordings: hashes, counts and bounded texts, small enough to hand to another process."""

from __future__ import annotations

from json import loads
from typing import Any

import msgspec

from probe.protocol.description import Protocol
from probe.trace.facts import TurnFacts


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A normalised text that a request sends."""

    what: str
    """`instructions`, `user` or `result`."""
    role: str | None
    at: str
    """Place in the request's body: `input[].content[].text`."""
    mark: str | None
    """The tag that it is within; None where there is none."""
    key: int
    """Equal for equal texts."""
    text: str
    """Its beginning."""
    size: int
    """Characters of the whole."""
    seen: str = ""
    """In how many runs of two groups it is: `in 12 of 12 runs, now in 0 of 9`; empty where two runs are compared."""


class SaidIn(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the instructions, and whom it is for."""

    group: str
    """`turn` for the work, the purpose of a side request, or the name of a kind of sub-agents."""
    said: Said


class OfferedTool(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct definition of a tool."""

    name: str
    """Within its namespace."""
    namespace: str | None
    type: str
    at: str
    description: str | None
    """Normalised."""
    schema: Any
    """Of its arguments, normalised; None where it has none."""
    rest: Any
    """The other members of its definition, normalised."""
    uses: int
    """In how many requests it is."""
    seen: str = ""
    """As `seen` of what is said."""


class SentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A distinct setting, or message."""

    at: str
    name: str
    """Of a setting; empty for a message."""
    key: int
    """Equal for items that are equal but for slots."""
    json: str | None
    """Its value, normalised, as JSON, which takes a third of the memory; None where it is large."""

    @property
    def value(self) -> Any:
        """Return its value; None where it is large."""
        return None if self.json is None else loads(self.json)


class NotedTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn as it is aligned."""

    number: int
    """As the run's report has it."""
    thread: int
    purpose: str
    new: tuple[Said, ...]
    """What its request says that the turn before did not, the model's own words left out."""
    calls: tuple[tuple[str, str], ...]
    """The tools that it called, each with its most telling argument, normalised."""
    text: str
    """The beginning of what the model said, normalised."""
    failed: bool
    stop: str | None = None
    """Why the answer ended, in the API's word."""
    items: tuple[SentItem, ...] = ()
    """The messages that are new with its request."""


class NotedThread(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation."""

    number: int
    kind: str
    """`turn` for the work, a purpose, or the name of a kind of sub-agents."""
    turns: tuple[NotedTurn, ...]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What a run took."""

    tokens: dict[str, tuple[float, ...]]
    """By kind of tokens: of each call that reports them."""
    priced: tuple[TurnFacts, ...]
    """All calls without their items: what a price is made of. The list of prices is large, and loaded once."""
    first_parts: tuple[float, ...]
    """Seconds from each request to the first piece of its answer."""
    answers: tuple[float, ...]
    """Seconds from each request to the end of its answer."""
    seconds: float
    sent: int
    received: int


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """All that is compared of a recording, or of a group of recordings."""

    counted: str = "calls"
    """What `purposes`, `calls`, `chained`, `offering` and the uses of tools are numbers of: `runs` of a group."""

    exchanges: int
    models: dict[str, tuple[str, ...]]
    """By purpose, the models that were asked."""
    purposes: dict[str, int]
    """How many calls have each purpose."""
    chained: int
    """Calls that name the answer that they go on from, and send only what is new."""
    threads: tuple[NotedThread, ...]
    instructions: tuple[SaidIn, ...]
    tools: tuple[OfferedTool, ...]
    calls: int
    """Calls of the model."""
    offering: int
    """Calls whose request has tools."""
    numbers: Numbers
    headers: dict[str, tuple[str, ...]]
    """By name in lower case: what each header of requests that call the model is, normalised."""
    settings: dict[str, tuple[SentItem, ...]]
    """By purpose of the call: the distinct settings."""
    protocol: Protocol
