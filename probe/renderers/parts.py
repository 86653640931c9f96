"""What all APIs have in common: media, content that is a text or a list of parts, tools, schemas, counts of usage."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Conversation,
    Media,
    MediaKind,
    Message,
    Settings,
    Text,
    Tool,
    Tools,
    Unknown,
    Usage,
)
from probe.renderers.usage import Counts

_REMINDER = "<system-reminder>"


def media(kind: MediaKind, label: str, data: str, source: str | None = None) -> Media:
    """Return a block for a data URL, base64, or a URL that refers to media."""
    head, comma, encoded = data.partition(",")
    if data.startswith("data:") and comma:
        media_type = head[5:].split(";")[0]
        return Media(kind=kind, label=label, media_type=media_type, size=_decoded_size(encoded), source=source)
    if "://" in data[:40]:
        return Media(kind=kind, label=label, source=data)
    return Media(kind=kind, label=label, size=_decoded_size(data), source=source)


def each_part(
    content: Any, render: Callable[[Any, str | None], Iterator[Block]], label: str | None = None
) -> Iterator[Block]:
    """Yield the blocks of a message's content, a string or a list of parts; `label` is put over its texts."""
    match content:
        case None:
            return
        case str():
            yield Text(text=content, label=label)
        case list():
            for part in content:
                yield from render(part, label)
        case _:
            yield from render(content, label)


def listed(value: Any) -> list[Any]:
    """Return a list unchanged, an empty one for None, and anything else as the only element."""
    return value if isinstance(value, list) else [] if value is None else [value]


def is_reminder(part: Any) -> bool:
    """Check whether an agent added a text part to the user's words; the next call may have it elsewhere."""
    text = part.get("text") if isinstance(part, dict) else None
    return isinstance(text, str) and text.startswith(_REMINDER)


def tool_of(kind: str, definition: Any, fields: Any, name: str = "(no name)") -> Tool:
    """Return a tool whose name and description are in `fields`; `name` is used if it has none."""
    fields = fields if isinstance(fields, dict) else {}
    text = fields.get("description")
    return Tool(
        name=str(fields.get("name") or name),
        type=kind,
        description=text if isinstance(text, str) else None,
        definition=definition,
    )


def schema_fields(schema: Any) -> tuple[str, ...]:
    """Return the names of the fields that a JSON schema requires of an answer; empty if it names none."""
    fields = schema.get("properties") if isinstance(schema, dict) else None
    return tuple(fields) if isinstance(fields, dict) else ()


def grouped(blocks: Iterable[Block], title: str) -> Iterator[Block]:
    """Yield a whole request: settings and instructions unchanged, then all messages, then all tools."""
    messages: list[Message] = []
    tools: list[Tool] = []
    for block in blocks:
        if isinstance(block, Message):
            messages.append(block)
        elif isinstance(block, Tool):
            tools.append(block)
        else:
            yield block
    yield from [Conversation(title=title, messages=tuple(messages))] if messages else []
    yield from [Tools(tools=tuple(tools))] if tools else []


def usage_blocks(
    usage: Any, read: Callable[[Counts], Usage], known: Container[str] = ()
) -> tuple[Usage | None, tuple[Block, ...]]:
    """Return an answer's usage and the blocks that show it.

    Of what `read` leaves, `known` are the names that are documented and shown as they are; another one is unknown.
    """
    if usage is None:
        return None, ()
    if not isinstance(usage, dict):
        return None, (Unknown(what="usage", value=usage),)
    counts = Counts(usage)
    found = read(counts)
    left = counts.left()
    shown = tuple((name, value) for name, value in left.items() if name in known)
    unknown = (Unknown(what=f"count {name!r}", value=value) for name, value in left.items() if name not in known)
    return found, (found, *([Settings(pairs=shown)] if shown else []), *unknown)


def _decoded_size(encoded: str) -> int:
    """Return how many bytes a base64 text encodes."""
    return len(encoded) * 3 // 4 - encoded[-2:].count("=")
