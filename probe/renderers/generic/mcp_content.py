"""Tell the content of MCP's messages: https://modelcontextprotocol.io/specification/2025-06-18/server/tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from probe.renderers.blocks import Block, Body, Image, Raw, Text, ToolCall, ToolResult
from probe.renderers.parts import media, rest

_MEDIA = {"image": "Image", "audio": "Audio"}
_DEEPEST = 3
"""Results within results that are told; the protocol has one level."""


def contents_blocks(contents: Iterable[Any], depth: int = 0) -> Iterator[Block]:
    """Tell content blocks, one after the other."""
    for content in contents:
        yield from _content(content, depth)


def resource_blocks(resource: Any) -> Iterator[Block]:
    """Tell what a resource holds: its text, or type and size of its bytes."""
    match resource:
        case {"text": str(text)}:
            yield Text(text=text, label=_text(resource.get("uri")) or "Resource")
            yield from rest(resource, "text", "uri")
        case {"blob": str(blob)}:
            yield _typed(media("Resource", blob, _text(resource.get("uri"))), resource)
            yield from rest(resource, "blob", "uri", "mimeType")
        case _:
            yield Raw(reason="resource", value=resource)


def result_block(kind: str, result: dict[str, Any], call_id: str | None, depth: int = 0) -> ToolResult:
    """Tell what a tool gave back, as parts for the model and as data that fits its schema."""
    content, structured = result.get("content"), result.get("structuredContent")
    parts = content if isinstance(content, list) else [] if content is None else [content]
    blocks = list(contents_blocks(parts, depth + 1))
    if structured is not None:
        blocks.append(Body(value={"structuredContent": structured}, folded=False))
    failed = result.get("isError")
    return ToolResult(
        content=tuple(blocks), kind=kind, call_id=call_id, failed=failed if isinstance(failed, bool) else None
    )


def _content(content: Any, depth: int) -> Iterator[Block]:
    match content:
        case {"type": "text", "text": str(text)}:
            yield Text(text=text)
            yield from rest(content, "type", "text")
        case {"type": "image" | "audio" as kind, "data": str(data)}:
            yield _typed(media(_MEDIA[kind], data), content)
            yield from rest(content, "type", "data", "mimeType")
        case {"type": "resource_link", "uri": str(uri)}:
            yield Image(kind="Resource link", media_type=_text(content.get("mimeType")), source=uri)
            yield from rest(content, "type", "uri", "mimeType")
        case {"type": "resource", "resource": dict(resource)}:
            yield from resource_blocks(resource)
            yield from rest(content, "type", "resource")
        case {"type": "tool_use", "name": str(name)}:
            arguments, call_id = content.get("input"), _text(content.get("id"))
            yield ToolCall(name=name, arguments=arguments, kind="tool_use", call_id=call_id)
            yield from rest(content, "type", "name", "input", "id")
        case {"type": "tool_result"} if depth < _DEEPEST:
            yield result_block("tool_result", content, _text(content.get("toolUseId")), depth)
            yield from rest(content, "type", "toolUseId", "content", "structuredContent", "isError")
        case {"type": kind}:
            yield Raw(reason=f"content {kind!r}", value=content)
        case _:
            yield Raw(reason="content without a type", value=content)


def _typed(shown: Image, fields: dict[str, Any]) -> Image:
    return replace(shown, media_type=_text(fields.get("mimeType")) or shown.media_type)


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
