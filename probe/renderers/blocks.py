"""Blocks: what happened in a turn, told the same way for every API; writers lay them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text that the user, the model or a tool wrote."""

    text: str
    label: str | None = None
    """What kind of text it is, where that needs saying (`Output text`, `audio transcript`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """What the model tells of its thinking."""

    summary: str | None
    """None when it told nothing in the clear."""
    text: str | None = None
    """The thinking itself, where the API gives it."""
    encrypted_characters: int | None = None
    """Length of the part that only the API can read; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool that the model wants to be run, or that the API ran for it."""

    name: str
    arguments: Any
    """Parsed where they were JSON, else the text, cut short as it came."""
    kind: str
    """The API's own word for this kind of call."""
    call_id: str | None = None
    finished: bool = True
    """False when the stream ended before the arguments did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool gave back."""

    content: tuple[Block, ...]
    kind: str
    call_id: str | None = None
    failed: bool | None = None
    """None when the API does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image, a sound or a file; its bytes stay in the record."""

    kind: str
    media_type: str | None = None
    size: int | None = None
    """Decoded bytes; None when it is only referred to."""
    source: str | None = None
    """URL, file id or file name, where it is referred to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that a turn took; None where the API did not tell."""

    input: int | None
    """With what came from and went to the cache."""
    output: int | None
    """With the reasoning."""
    total: int | None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    cache_write_1h: int | None = None
    """Of what went to the cache, the part that is kept for an hour: it costs more."""
    cost: float | None = None
    """What the API says that it charged, in US dollars; None where it does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Model and configuration: name and value, in the order in which they were sent."""

    pairs: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """The system prompt."""

    content: tuple[Block, ...]
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message or item of the conversation."""

    index: int
    role: str | None
    """None when it is nobody's message."""
    type: str
    content: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The messages that the model is given."""

    title: str
    entries: tuple[Entry, ...]
    brief: bool = False
    """True when it repeats what is shown elsewhere, so that one fold around all of it is enough."""
    before: int = 0
    """Entries that are not among these since they are too many; they stand before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that the model may call."""

    name: str
    type: str
    description: str | None
    definition: Any
    """As sent."""
    tools: tuple[Tool, ...] = ()
    """The tools of a namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The tools that the model is given."""

    tools: tuple[Tool, ...]
    title: str = "Tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """How a streamed answer was made up."""

    size: int
    """Bytes of the stream, or of the messages."""
    counts: tuple[tuple[str, int], ...]
    """Event type and how often, in order of first appearance."""
    comments: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The model's words for not doing it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error that the API told."""

    message: str
    code: str | None = None
    detail: Any = None
    """The error as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """An answer that ended before it was done."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark of ours."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body that is shown as it is: JSON, text or base64."""

    value: Any
    """None for an empty one."""
    folded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Something that the renderer does not understand; counted in the report."""

    reason: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """Markdown that a user's own renderer wrote."""

    text: str


Block = (
    Text
    | Reasoning
    | ToolCall
    | ToolResult
    | Image
    | Usage
    | Settings
    | Instructions
    | Conversation
    | Tools
    | EventCounts
    | Refusal
    | Failure
    | Incomplete
    | Note
    | Body
    | Raw
    | Markdown
)
