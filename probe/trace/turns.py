"""What a trace yields: an exchange understood, with its calls of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from probe.record.exchange import Message, UnreadExchange
from probe.renderers.api import Answer, Api, Asked, ItemField
from probe.renderers.blocks import Block, EventCounts
from probe.renderers.joined_events import Event
from probe.renderers.json_reader import Json
from probe.renderers.safely import safely
from probe.trace.items import Known
from probe.trace.repeats import Shorter

_T = TypeVar("_T")

SentItems = Sequence[tuple[ItemField, Sequence[Known]]]
"""The items of a request: each field that has some, with what is known of them."""


class Turn(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One call of the model with its answer, while its content is at hand."""

    number: int
    """Of all turns that were read, in the order of the record."""
    api: Api
    path: str
    """URL path of the endpoint, without the query."""
    part: int | None
    """The turn's number within its WebSocket conversation, from 1; None over HTTP."""
    request: Json
    """The call's body, or its WebSocket message."""
    asked: Asked
    items: SentItems
    """What the request sent, in the order in which a reader wants it."""
    answer: Answer | None
    """None when no answer came, or it could not be read."""
    counts: EventCounts | None
    """The events of a streamed answer."""
    response: tuple[Block, ...]
    """The blocks of the answer; empty when none came."""
    echoes: tuple[Block, ...]
    """The fields of the answer in which the API repeats the request, but not as it was sent."""
    status: int | None
    complete: bool
    started: float
    """When the request was sent, in epoch seconds."""
    first_part: float | None
    """When the first piece of the answer's content arrived, in epoch seconds."""
    ended: float | None
    """When the last of the answer arrived; None when none came."""
    event_times: Sequence[float]
    """When each WebSocket message of the answer arrived; empty over HTTP, where the pieces of the body say it."""
    messages: tuple[str, ...]
    """Those messages; empty over HTTP."""
    events: Sequence[Event] = ()
    """The events of a streamed answer."""
    event_time: Callable[[int], float | None] = lambda number: None
    """Returns when an event arrived, by its number in the stream; None where that is not known."""
    body: Any = None
    """The body of an answer that is no stream, parsed where it is JSON."""


class OtherMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSocket message that belongs to no turn."""

    message: Message
    kind: str
    """Its own type, or what WebSocket calls it."""
    value: Any
    """Parsed where it is JSON."""


class Traced(msgspec.Struct, kw_only=True, eq=False):
    """One exchange of the record, understood. Valid until the next one is asked for."""

    exchange: UnreadExchange
    api: Api
    complete: bool = True
    """False when what came back did not come to its end."""
    turns: list[Turn] = []
    sent: int = 0
    """Bytes of the request's body and the client's messages, content-encoding undone."""
    received: int = 0
    request: tuple[Block, ...] | None = None
    """The blocks of a request that is no call of the model."""
    response: tuple[Block, ...] | None = None
    """The blocks of a response that answers no call."""
    request_body: Any = None
    """The body of a request that is no call of the model, parsed where it is JSON."""
    response_body: Any = None
    """The body of a response that answers no call and is no stream, parsed where it is JSON."""
    events: Sequence[Event] = ()
    """The events of a stream that answers no call."""
    other_messages: list[OtherMessage] = []
    shorter: Shorter | None = None
    """The text of the response without what was in responses before it; None where nothing was."""
    failures: list[str] = []
    """Why a renderer failed; the body is then shown as it is."""

    def attempt(self, read: Callable[[], _T]) -> _T | None:
        """Return what a renderer reads; None where it fails, and then the reason is kept."""
        found, failed = safely(read)
        if failed:
            self.failures.append(failed)
        return found
