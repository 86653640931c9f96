"""What a renderer is: one API, turned into typed facts, items and blocks.

A renderer package offers `API`, an instance of a subclass of `Api`. Every function has a default, so a new API starts
from `class Mine(Api): name = "mine"` and shows bodies as they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from probe.renderers.blocks import Block, Settings, Unknown, Usage
from probe.renderers.deltas import Deltas, split_deltas
from probe.renderers.events import Stream, split_stream
from probe.renderers.json_reader import Json
from probe.renderers.sse import is_stream


class Kind(StrEnum):
    """What an item of a request is."""

    SETTING = "setting"
    INSTRUCTIONS = "instructions"
    TOOL = "tool"
    MESSAGE = "message"


class ItemField(msgspec.Struct, frozen=True, eq=False):
    """A field of a request that is an item, or an array of items, not read yet: their bytes are their identity."""

    kind: Kind
    name: str
    """Name of a setting, or of a message that is a field of its own (`prompt`); empty for the others."""
    at: str
    """Where it is in the request's body: `model`, `messages`."""
    json: Json
    listed: bool = False
    """True where each element of the array is an item."""

    @property
    def items(self) -> Sequence[Json]:
        """Return the items."""
        return self.json.elements if self.listed else (self.json,)

    def blocks(self, render: Callable[[Kind, str, Any], Iterable[Block]]) -> Iterator[Block]:
        """Yield the blocks of all its items, which `render` makes of each."""
        for item in self.items:
            yield from render(self.kind, self.name, item.value)


class Stop(StrEnum):
    """Why an answer ended; the API's own word is kept beside it."""

    END = "end"
    """The model was done."""
    TOOL_CALL = "tool call"
    """The model waits for the result of a tool."""
    LENGTH = "length"
    """A limit of tokens, or the context window, was reached."""
    FILTERED = "filtered"
    """A refusal, or a filter of the API."""
    PAUSED = "paused"
    """The API broke the turn off and expects it to be continued."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    OTHER = "other"
    """A word that is not known here."""


class EventSource(NamedTuple):
    """The events of a stream, or messages of a WebSocket turn, that something was made of: the first and the last."""

    first: int
    last: int


Source = EventSource | str
"""Where in an answer something is: events of a stream, or a path in a JSON body (`content[2]`)."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a call of the model asks for, beside its items."""

    model: str | None = None
    most_output: int | None = None
    """Tokens that the answer may have; None when the request sets no limit."""
    schema_fields: tuple[str, ...] | None = None
    """Fields of the JSON that the answer must be; empty where any JSON will do, None where text will."""
    no_answer: bool = False
    """True for a call that only loads its context (a warm-up)."""
    previous_id: str | None = None
    """Id of the answer that this call goes on from, with all that is before it."""
    elsewhere: bool = False
    """True when a part of the input is stored by the API, and is not in this record."""
    notes: tuple[Block, ...] = ()
    """What a reader should know of the request that none of its items shows."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of an answer: a message, a tool call, reasoning."""

    source: Source
    blocks: tuple[Block, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for a call of the model."""

    parts: tuple[Part, ...] = ()
    """What the model made, in order."""
    before: tuple[Block, ...] = ()
    """What is shown before the parts: the answer's own fields, notes."""
    after: tuple[Block, ...] = ()
    """What is shown after them: usage, errors, how it ended, unknown events."""
    model: str | None = None
    """The model that answered."""
    response_id: str | None = None
    stop: Stop | None = None
    """None when the API gave no reason: the answer failed, or was cut short."""
    stop_word: str | None = None
    """The API's own word for it."""
    usage: Usage | None = None
    ended: bool = True
    """True when the API's own end of an answer arrived; a stream without it was cut short."""
    known: bool = True
    """False when nothing in it belongs to this API: it is shown as a body of no known API."""
    echo: Mapping[str, Any] = {}
    """Fields in which the API repeats the request; what differs from the request is shown."""
    sent_back: tuple[Any, ...] = ()
    """The items that a later request repeats when it goes on from this answer."""

    @property
    def blocks(self) -> Iterator[Block]:
        """Yield all blocks in order."""
        yield from self.before
        for part in self.parts:
            yield from part.blocks
        yield from self.after


class StreamReader(ABC):
    """Takes the events of one streamed answer in order, and makes an answer of them, however far it came."""

    knows_end = True
    """False where no event is known to be the last one."""

    @abstractmethod
    def add(self, number: int, name: str, event: Any) -> None:
        """Take one event: its number in the stream, its name, and its data (parsed JSON, or text).

        Consecutive pieces of one text arrive as one event (`Api.merge_key`): `number` is then that of the first.
        """

    @abstractmethod
    def answer(self, last: int) -> Answer:
        """Return the answer; `last` is the number of the last event."""


class Api:
    """One API. `path` is a URL path without the query, `body` the JSON of a request."""

    name: str = "api"
    reads_bytes: bool = False
    """True when bodies that are neither text nor JSON are handed over as bytes."""

    deltas: Deltas | None = None
    """Only for speed: how many events at once are read that carry pieces of texts. Others go through `merge_key`."""

    streams_by_default: bool = False
    """True where a call without `stream` in its body is answered with a stream."""

    every_post: bool = False
    """True where nobody knows which requests call the model: a replay then counts each POST as a call."""

    # -- requests ------------------------------------------------------------------------------------------------

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model, by its address."""
        return False

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return the fields with the items of a call's body, in the order for a reader; None when it is no call's."""
        return None

    def asked(self, path: str, body: Json) -> Asked:
        """Return what a call asks for; called for bodies that `items` takes."""
        return Asked()

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item: a Message, Tool(s), Instructions, or Settings and Unknown for a setting."""
        return [Settings(pairs=((name or kind.value, value),))]

    def canonical(self, kind: Kind, value: Any) -> Any:
        """Return an item as it is compared with items of other requests: without what moves from call to call."""
        return value

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        """Yield the blocks of a body that is no call's; None when it is none of this API's."""
        return None

    # -- answers -------------------------------------------------------------------------------------------------

    def stream(self) -> StreamReader | None:
        """Return a new reader of a streamed answer; None when this API has no streams."""
        return None

    def merge_key(self, event: dict[str, Any]) -> tuple[Any, str] | None:
        """Return what is equal in events that carry consecutive pieces of one text, and this event's piece.

        None for any other event. Members that are in neither are padding or numbers that say nothing.
        """
        return None

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        """Return an event with another text in the place of its piece."""
        return event

    def has_content(self, event: dict[str, Any]) -> bool:
        """Check whether an event of a part has some of what the model made, and not only says that it begins."""
        return True

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is (parsed JSON, text, or bytes); None when it is none of this API's."""
        return None

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of a body that answers no call; None when it is none of this API's."""
        return None

    def split(self, path: str, body: str | bytes | Json) -> Stream | None:
        """Return the events of a body; None where it is no stream. A body that is one JSON value is a `Json`.

        Text is split as server-sent events; an API that streams in another form (lines of JSON, one array, binary
        frames) overrides this.
        """
        if not isinstance(body, str) or not is_stream(body):
            return None
        return (split_deltas(body, self.deltas) if self.deltas else None) or split_stream(body)

    # -- WebSockets ----------------------------------------------------------------------------------------------

    def begins_call(self, message: Json) -> bool:
        """Check whether a client's WebSocket message calls the model."""
        return False

    def lane(self, message: Json) -> str | None:
        """Return which of several calls under way a WebSocket message belongs to; None where there is only one."""
        return None

    # -- replay --------------------------------------------------------------------------------------------------

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return {"error": {"message": message, "type": "replay_error", "code": status}}

    def error_message(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it in a WebSocket message."""
        return self.error_answer(status, message)

    def error_event(self, status: int, message: str) -> tuple[str, Any]:
        """Return the name (empty for none) and the data of an event with which the API ends a stream that failed."""
        return "", self.error_answer(status, message)

    def context_error(self) -> dict[str, Any]:
        """Return the error (400) to a request that is longer than the model's context."""
        return self.error_answer(400, "prompt is too long: 300000 tokens > 200000 maximum")

    def quota_error(self) -> dict[str, Any]:
        """Return the error (429) of an account that has nothing left to spend."""
        return self.error_answer(429, "You exceeded your current quota, please check your plan and billing details.")

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call; None where a model call belongs."""
        return None if self.is_call(method, path) else {}

    def warm_up_messages(self) -> Sequence[str]:
        """Return the shortest answer to a warm-up over a WebSocket; empty where the API has none."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the items of a request are, for an API whose body is one flat object."""

    messages: tuple[str, ...]
    tools: tuple[str, ...] = ("tools",)
    instructions: tuple[str, ...] = ()
    settings: frozenset[str] = field(default_factory=frozenset)
    """Names of all settings that the API documents; another one is unknown."""

    def items(self, body: Json, at: str = "") -> Iterator[ItemField]:
        """Yield settings (the model first), instructions, messages, tools; `at` is put before each path."""
        members = body.members
        special = (*self.instructions, *self.messages, *self.tools)
        names = sorted((name for name in members if name not in special), key=lambda name: name != "model")
        yield from [ItemField(Kind.SETTING, name, at + name, members[name]) for name in names]
        for name in self.instructions:
            if name in members:
                yield ItemField(Kind.INSTRUCTIONS, "", at + name, members[name])
        for kind, listed in ((Kind.MESSAGE, self.messages), (Kind.TOOL, self.tools)):
            for name in listed:
                if name in members:
                    yield listed_items(kind, at + name, members[name])

    def setting_blocks(self, name: str, value: Any) -> Iterator[Block]:
        """Yield one setting; one that the API does not document is unknown."""
        yield (
            Settings(pairs=((name, value),))
            if name in self.settings
            else Unknown(what=f"setting {name!r}", value=value)
        )


def listed_items(kind: Kind, path: str, json: Json) -> ItemField:
    """Return a field that has an array of items; anything else is one item."""
    return ItemField(kind, "", path, json, listed=json.is_array)
