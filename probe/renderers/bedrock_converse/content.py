"""Content of Converse: each part has its kind as its only name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    CacheBreakpoint,
    Media,
    MediaKind,
    Reasoning,
    Settings,
    Text,
    ToolCall,
    ToolResult,
    Unknown,
)
from probe.renderers.fields import Fields
from probe.renderers.parts import each_part, media

_MEDIA = {
    "image": MediaKind.IMAGE,
    "document": MediaKind.DOCUMENT,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
}


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Yield a content; `label` goes over its texts."""
    return each_part(content, part_blocks, label)


def part_blocks(part: Any, label: str | None = None) -> Iterator[Block]:
    """Yield one part of a content."""
    kind, value = next(iter(part.items())) if isinstance(part, dict) and len(part) == 1 else (None, None)
    if kind == "text" and isinstance(value, str):
        yield Text(text=value, label=label)
    elif kind == "json":
        yield Body(value=value, folded=False)
    elif kind in ("guardContent", "citationsContent", "searchResult"):
        yield Settings(pairs=((str(kind), value),))
    elif kind in _PARTS and isinstance(value, dict):
        fields = Fields(value)
        yield from _PARTS[kind](fields)
        yield from fields.unknown()
    elif kind in _MEDIA and isinstance(value, dict):
        yield from _media(_MEDIA[kind], value)
    else:
        yield Unknown(what=f"content block {kind!r}" if kind else "content block", value=part)


def _call(call: Fields) -> Iterator[Block]:
    arguments = call.take("input")
    yield ToolCall(
        name=call.text("name") or "(no name)",
        arguments=arguments,
        kind="toolUse",
        call_id=call.text("toolUseId"),
        # What is streamed is a text until its end has come.
        finished=not isinstance(arguments, str),
    )
    yield from call.details("type")


def _result(result: Fields) -> Iterator[Block]:
    failed = {"success": False, "error": True}.get(str(result.peek("status")))
    call_id, content = result.text("toolUseId"), tuple(content_blocks(result.take("content")))
    result.drop("status", "success", "error")
    yield ToolResult(content=content, kind="toolResult", call_id=call_id, failed=failed)
    yield from result.details("type")


def _reasoning(part: Fields) -> Iterator[Block]:
    text = Fields(part.object("reasoningText"))
    words, signature, hidden = text.text("text"), text.text("signature"), part.text("redactedContent")
    encrypted = [one for one in (signature, hidden) if one is not None]
    yield Reasoning(summary=None, text=words, encrypted_characters=sum(map(len, encrypted)) if encrypted else None)
    yield from text.unknown()


def _cache_point(point: Fields) -> Iterator[Block]:
    yield CacheBreakpoint(lasts=point.text("ttl") or point.text("type") or "default")
    point.drop("type", "default")


def _media(kind: MediaKind, value: dict[str, Any]) -> Iterator[Block]:
    fields = Fields(value)
    source = Fields(fields.object("source"))
    label, data = kind.value.capitalize(), source.text("bytes")
    size = None if data is None else media(kind, label, data).size
    name, media_type = fields.text("name"), fields.text("format")
    yield Media(kind=kind, label=label, media_type=media_type, size=size, source=name)
    yield from source.rest("s3Location", "text", "content")
    yield from fields.rest("context", "citations")


_PARTS: dict[str | None, Callable[[Fields], Iterator[Block]]] = {
    "toolUse": _call,
    "toolResult": _result,
    "reasoningContent": _reasoning,
    "cachePoint": _cache_point,
}
