"""Blocks as the parts of messages that OpenTelemetry's conventions for generative AI describe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    Conversation,
    Encrypted,
    Instructions,
    Markdown,
    Media,
    Message,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
    Unknown,
)
from probe.trace.tool_definitions import definition_of

Part = dict[str, Any]
TEXT, REASONING, CALL, RESULT = "text", "reasoning", "tool_call", "tool_call_response"
"""The conventions' names of parts; others are our own, which they allow."""
_ROLES = {"model": "assistant"}
"""The conventions' words for roles of other names."""


def parts_of(blocks: Iterable[Block]) -> list[Part]:
    """Return the parts of what was said; settings, usage and the like are none."""
    return [part for block in blocks for part in _parts(block)]


def message_of(message: Message) -> Part:
    """Return a message of a request."""
    parts = parts_of(message.content)
    return {"role": _role(message, parts), "parts": parts}


def _role(message: Message, parts: Sequence[Part]) -> str:
    """Return whose message it is; an item that is nobody's is by what it holds."""
    if message.role is not None:
        return _ROLES.get(message.role, message.role)
    kinds = {part["type"] for part in parts}
    if kinds & {CALL, REASONING}:
        return "assistant"
    return "tool" if RESULT in kinds else message.type


def _parts(block: Block) -> Iterator[Part]:
    match block:
        case Text() | Markdown():
            yield {"type": TEXT, "content": block.text}
        case Reasoning():
            yield _reasoning(block)
        case ToolCall():
            yield {"type": CALL, "id": block.call_id, "name": block.name, "arguments": block.arguments}
        case ToolResult():
            yield _result(block)
        case Media():
            yield _media(block)
        case Refusal():
            yield {"type": "refusal", "content": block.text}
        case Encrypted():
            yield {"type": "encrypted", "what": block.what, "characters": block.characters}
        case Unknown():
            yield {"type": "unknown", "what": block.what, "value": block.value}
        case Body():
            yield {"type": "body", "value": block.value}
        case Tools() | Tool():
            yield {"type": "tools", "tools": definitions([block])}
        case Message() | Instructions():
            yield from parts_of(block.content)
        case Conversation():
            yield from parts_of(block.messages)
        case _:
            return


def _reasoning(block: Reasoning) -> Part:
    part: Part = {"type": REASONING, "content": block.text or block.summary or ""}
    if block.text and block.summary:
        part["summary"] = block.summary
    if block.encrypted_characters is not None:
        part["encrypted_characters"] = block.encrypted_characters
    return part


def _result(block: ToolResult) -> Part:
    parts = parts_of(block.content)
    only_text = all(part["type"] == TEXT for part in parts)
    response: Any = "\n".join(part["content"] for part in parts) if only_text else parts
    part = {"type": RESULT, "id": block.call_id, "response": response}
    return part if block.failed is None else part | {"failed": block.failed}


def _media(block: Media) -> Part:
    """Return what refers to an image, a sound or a file; bytes that were sent stay in the record."""
    described: Part = {"modality": block.kind.value, "mime_type": block.media_type}
    if block.source and "://" in block.source:
        return {"type": "uri", **described, "uri": block.source}
    if block.source:
        return {"type": "file", **described, "file_id": block.source}
    return {"type": "media_in_record", **described, "size": block.size}


def definitions(blocks: Iterable[Block], prefix: str = "") -> list[Part]:
    """Return the definitions of tools; those of a namespace have its name before their own, as calls have it."""
    found: list[Part] = []
    for block in blocks:
        if isinstance(block, Tools):
            found += definitions(block.tools, prefix)
        elif isinstance(block, Tool) and block.tools:
            found += definitions(block.tools, f"{prefix}{block.name}.")
        elif isinstance(block, Message):
            found += definitions(block.content)
        elif isinstance(block, Tool):
            found.append(_definition(block, prefix))
    return found


def _definition(tool: Tool, prefix: str) -> Part:
    schema, rest = definition_of(tool.definition)
    made: Part = {"type": "function" if schema is not None else tool.type, "name": prefix + tool.name}
    if tool.description is not None:
        made["description"] = tool.description
    if schema is not None:
        made["parameters"] = schema
    return made | {name: value for name, value in _plain(rest).items() if name not in made}


def _plain(rest: Any) -> Mapping[str, Any]:
    return rest if isinstance(rest, Mapping) else {}
