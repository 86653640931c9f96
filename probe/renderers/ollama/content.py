"""Messages and their parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, MediaKind, Message, Reasoning, Text, ToolResult, Unknown
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json
from probe.renderers.ollama.tools import call_blocks
from probe.renderers.parts import media


def message(value: Any) -> Message:
    """Return one message of a request."""
    fields = Fields(value)
    role = fields.text("role")
    if role is None:
        return Message(role=None, type="(no role)", content=(Unknown(what="message without a role", value=value),))
    content = _result(fields) if role == "tool" else _said(fields)
    return Message(role=role, type="message", content=(*content, *fields.rest("tool_name")))


def image_blocks(image: Any) -> Iterator[Block]:
    """Yield an image, which is base64."""
    yield media(MediaKind.IMAGE, "Image", image) if isinstance(image, str) else Unknown(what="image", value=image)


def _said(fields: Fields) -> Iterator[Block]:
    if thinking := fields.text("thinking"):
        yield Reasoning(summary=None, text=thinking)
    if text := fields.text("content"):
        yield Text(text=text)
    for image in fields.list("images") or ():
        yield from image_blocks(image)
    for call in fields.list("tool_calls") or ():
        yield from call_blocks(call)


def _result(fields: Fields) -> Iterator[Block]:
    """Yield what a tool returned; older clients name neither the tool nor the call."""
    content: list[Block] = []
    if (text := fields.text("content")) is not None:
        value = parsed_json(text)
        content.append(Text(text=text) if value is text else Body(value=value, folded=False))
    for image in fields.list("images") or ():
        content += image_blocks(image)
    yield ToolResult(kind="tool", content=tuple(content), call_id=fields.text("tool_call_id"))
