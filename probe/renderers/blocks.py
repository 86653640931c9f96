"""Blocks: API-neutral pieces of content. Renderers yield them, writers lay them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec


class _Block(msgspec.Struct, frozen=True, kw_only=True, tag_field="block", tag=True):
    """What all blocks have in common: as JSON, each has its class's name as `block`."""


class Text(_Block, frozen=True, kw_only=True):
    """Text that the user, the model or a tool wrote."""

    text: str
    label: str | None = None
    """What kind of text it is, where that is not obvious (`Output text`, `Audio transcript`)."""


class Reasoning(_Block, frozen=True, kw_only=True):
    """The model's thinking, if the API shows it."""

    summary: str | None
    """None when there is no summary in the clear."""
    text: str | None = None
    """The thinking itself, where the API returns it."""
    encrypted_characters: int | None = None
    """Length of the part that only the API can read; None when there is none."""


class ToolCall(_Block, frozen=True, kw_only=True):
    """A tool that the model wants to be run, or that the API ran for it."""

    name: str
    arguments: Any
    """Parsed if they are JSON, else the text, which may be cut short."""
    kind: str
    """The API's own word for this kind of call."""
    call_id: str | None = None
    finished: bool = True
    """False when the stream ended before the arguments did."""


class ToolResult(_Block, frozen=True, kw_only=True):
    """What a tool returned."""

    content: tuple[Block, ...]
    kind: str
    call_id: str | None = None
    failed: bool | None = None
    """None when the API does not report it."""


class MediaKind(StrEnum):
    """What a media block holds."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    FILE = "file"
    PAGE = "page"
    """A web page or a search result."""


class Media(_Block, frozen=True, kw_only=True):
    """An image, a sound or a file; its bytes stay in the record."""

    kind: MediaKind
    label: str
    """What a reader calls it: Image, Screenshot, Generated image, Web page."""
    media_type: str | None = None
    size: int | None = None
    """Decoded bytes; None when it is only referred to."""
    source: str | None = None
    """URL, file id or file name, where it is referred to."""


class Usage(_Block, frozen=True, kw_only=True):
    """Tokens of a turn; None where the API did not report a count."""

    input: int | None
    """Includes what was read from and written to the cache."""
    output: int | None
    """Includes the reasoning."""
    total: int | None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    cache_write_1h: int | None = None
    """Of what was written to the cache, the part that is kept for an hour: it costs more."""
    cost: float | None = None
    """What the API reports that it charged, in US dollars; None when it reports nothing."""


class Settings(_Block, frozen=True, kw_only=True):
    """Known fields shown by name and value, in the order in which they were sent."""

    pairs: tuple[tuple[str, Any], ...]


class Instructions(_Block, frozen=True, kw_only=True):
    """The system prompt."""

    content: tuple[Block, ...]

    @property
    def characters(self) -> int:
        """Return the length of its texts."""
        return sum(len(block.text) for block in self.content if isinstance(block, Text))


class Message(_Block, frozen=True, kw_only=True):
    """One message or item of the conversation."""

    role: str | None
    """None when it is nobody's message."""
    type: str
    content: tuple[Block, ...]


class Conversation(_Block, frozen=True, kw_only=True):
    """A list of messages."""

    title: str
    messages: tuple[Message, ...]


class Tool(_Block, frozen=True, kw_only=True):
    """A tool that the model may call."""

    name: str
    type: str
    description: str | None
    definition: Any
    """As sent."""
    tools: tuple[Tool, ...] = ()
    """The tools of a namespace."""


class Tools(_Block, frozen=True, kw_only=True):
    """Tools that the model is given."""

    tools: tuple[Tool, ...]
    title: str = "Tools"


class EventCounts(_Block, frozen=True, kw_only=True):
    """The events of a streamed answer."""

    size: int
    """Bytes of the stream, or of the messages."""
    counts: tuple[tuple[str, int], ...]
    """Event type and count, in order of first appearance."""
    comments: int = 0


class Refusal(_Block, frozen=True, kw_only=True):
    """The model's refusal."""

    text: str


class Failure(_Block, frozen=True, kw_only=True):
    """An error that the API reported."""

    message: str
    code: str | None = None
    detail: Any = None
    """The error as sent, if message and code are not all of it."""


class Incomplete(_Block, frozen=True, kw_only=True):
    """An answer that the API ended before it was done."""

    reason: str


class CutShort(_Block, frozen=True, kw_only=True):
    """Something that ended before its end had arrived."""

    what: str = "stream"
    """stream, event, line or body."""


class CacheBreakpoint(_Block, frozen=True, kw_only=True):
    """A place up to which the API is asked to cache the request."""

    lasts: str
    """How long, in the API's words: 5m, 1h."""


class Encrypted(_Block, frozen=True, kw_only=True):
    """Content that only the API can read."""

    what: str
    characters: int


class Note(_Block, frozen=True, kw_only=True):
    """A remark by this program that no other block expresses."""

    text: str


class Body(_Block, frozen=True, kw_only=True):
    """A body that is shown as it is: JSON, text or base64."""

    value: Any
    """None for an empty one."""
    folded: bool = True


class Unknown(_Block, frozen=True, kw_only=True):
    """Something that the renderer does not understand: shown as sent, and counted."""

    what: str
    """What it is and its name: `field 'x'`, `item 'y'`, `event 'z'`."""
    value: Any


class Markdown(_Block, frozen=True, kw_only=True):
    """Markdown that a user's own renderer wrote."""

    text: str


Block = (
    Text
    | Reasoning
    | ToolCall
    | ToolResult
    | Media
    | Usage
    | Settings
    | Instructions
    | Message
    | Conversation
    | Tool
    | Tools
    | EventCounts
    | Refusal
    | Failure
    | Incomplete
    | CutShort
    | CacheBreakpoint
    | Encrypted
    | Note
    | Body
    | Unknown
    | Markdown
)


def texts_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the plain texts of blocks and of the messages among them; those within tool results are not among them."""
    for block in blocks:
        if type(block) is Text:
            yield block.text
        elif type(block) is Message or type(block) is Instructions:
            yield from texts_of(block.content)
