"""The content of MCP's messages: https://modelcontextprotocol.io/specification/2025-06-18/server/tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from probe.renderers.blocks import Block, Body, Media, MediaKind, Text, ToolCall, ToolResult, Unknown
from probe.renderers.fields import Fields
from probe.renderers.parts import listed, media

_MEDIA = {"image": (MediaKind.IMAGE, "Image"), "audio": (MediaKind.AUDIO, "Audio")}
_DETAILS = ("name", "title", "description", "size", "icons", "annotations", "mimeType", "_meta")
_DEEPEST = 3
"""Results within results that are read; the protocol has one level."""


def contents_blocks(contents: Iterable[Any], depth: int = 0) -> Iterator[Block]:
    """Yield content blocks, one after the other."""
    for content in contents:
        yield from _content(content, depth)


def resource_blocks(resource: Any) -> Iterator[Block]:
    """Yield what a resource holds: its text, or type and size of its bytes."""
    fields = Fields(resource)
    uri = fields.text("uri")
    match resource:
        case {"text": str(text)}:
            fields.take("text")
            yield Text(text=text, label=uri or "Resource")
        case {"blob": str(blob)}:
            fields.take("blob")
            yield _typed(media(MediaKind.FILE, "Resource", blob, uri), fields)
        case _:
            yield Unknown(what="resource", value=resource)
            return
    yield from fields.rest(*_DETAILS)


def result_blocks(kind: str, result: Fields, call_id: str | None, depth: int = 0) -> Iterator[Block]:
    """Yield what a tool returned, as parts for the model and as data that fits its schema."""
    content, structured = result.take("content"), result.take("structuredContent")
    blocks = list(contents_blocks(listed(content), depth + 1))
    if structured is not None:
        blocks.append(Body(value={"structuredContent": structured}, folded=False))
    yield ToolResult(content=tuple(blocks), kind=kind, call_id=call_id, failed=result.flag("isError"))


def _content(content: Any, depth: int) -> Iterator[Block]:
    fields = Fields(content)
    kind = fields.take("type")
    match content:
        case {"type": "text", "text": str()}:
            yield Text(text=fields.take("text"))
        case {"type": "image" | "audio" as shown, "data": str()}:
            yield _typed(media(*_MEDIA[shown], fields.take("data")), fields)
        case {"type": "resource_link", "uri": str()}:
            link = Media(kind=MediaKind.FILE, label="Resource link", source=fields.take("uri"))
            yield _typed(link, fields)
        case {"type": "resource", "resource": dict()}:
            yield from resource_blocks(fields.take("resource"))
        case {"type": "tool_use", "name": str()}:
            yield ToolCall(
                name=fields.take("name"), arguments=fields.take("input"), kind=kind, call_id=fields.text("id")
            )
        case {"type": "tool_result"} if depth < _DEEPEST:
            yield from result_blocks(kind, fields, fields.text("toolUseId"), depth)
        case {"type": _}:
            yield Unknown(what=f"content {kind!r}", value=content)
            return
        case _:
            yield Unknown(what="content without a type", value=content)
            return
    yield from fields.rest(*_DETAILS)


def _typed(shown: Media, fields: Fields) -> Media:
    return replace(shown, media_type=fields.text("mimeType") or shown.media_type)
