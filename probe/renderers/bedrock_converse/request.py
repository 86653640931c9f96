"""A request of Converse: where its items are, what it asks for, and its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.api import Asked, ItemField, Kind, Layout, listed_items
from probe.renderers.aws_frames import model_of
from probe.renderers.bedrock_converse.content import content_blocks
from probe.renderers.blocks import Block, CacheBreakpoint, Instructions, Message, Unknown
from probe.renderers.fields import Fields
from probe.renderers.json_reader import Json, parsed_json
from probe.renderers.parts import is_reminder, listed, schema_fields, tool_of

LAYOUT = Layout(
    messages=("messages",),
    tools=(),
    instructions=("system",),
    settings=frozenset(
        {
            *("additionalModelRequestFields", "additionalModelResponseFieldPaths"),
            *("guardrailConfig", "inferenceConfig"),
            *("modelId", "outputConfig", "performanceConfig", "promptVariables", "requestMetadata", "serviceTier"),
            *("toolChoice", "toolConfig"),
        }
    ),
)
_TOOLS = "toolConfig"


def items(body: Json) -> Iterator[ItemField]:
    """Yield the items; tools and the choice among them are within one setting."""
    config = body.members.get(_TOOLS)
    within = config.members if config else {}
    for field in LAYOUT.items(body):
        if field.name != _TOOLS or not within:
            yield field
            continue
        for name, json in within.items():
            if name != "tools":
                yield ItemField(Kind.SETTING, name, f"{_TOOLS}.{name}", json)
    if "tools" in within:
        yield listed_items(Kind.TOOL, f"{_TOOLS}.tools", within["tools"])


def asked(path: str, body: Json) -> Asked:
    """Return what a call asks for."""
    config, output = body.get("inferenceConfig"), body.get("outputConfig")
    limit = config.get("maxTokens") if isinstance(config, dict) else None
    return Asked(
        model=model_of(path),
        most_output=limit if type(limit) is int else None,
        schema_fields=_schema_fields(output.get("textFormat")) if isinstance(output, dict) else None,
    )


def item_blocks(kind: Kind, name: str, value: Any) -> Iterator[Block]:
    """Yield the blocks of one item."""
    match kind:
        case Kind.MESSAGE:
            yield _message(value)
        case Kind.TOOL:
            yield from _tool(value)
        case Kind.INSTRUCTIONS:
            yield Instructions(content=tuple(content_blocks(value)))
        case Kind.SETTING:
            yield from LAYOUT.setting_blocks(name, value)


def canonical(kind: Kind, value: Any) -> Any:
    """Return an item without cache breakpoints and reminders."""
    match kind, value:
        case Kind.MESSAGE, {"content": [*content]}:
            return {**value, "content": [part for part in content if not _moves(part)]}
        case Kind.INSTRUCTIONS, [*content]:
            return [part for part in content if not _moves(part)]
        case _:
            return value


def _moves(part: Any) -> bool:
    return is_reminder(part) or (isinstance(part, dict) and "cachePoint" in part)


def _schema_fields(wanted: Any) -> tuple[str, ...] | None:
    match wanted:
        case {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}:
            return schema_fields(parsed_json(schema))
        case _:
            return None


def _message(message: Any) -> Message:
    if not isinstance(message, dict):
        return Message(role=None, type="(none)", content=(Unknown(what="message", value=message),))
    fields = Fields(message)
    role, content = fields.text("role"), fields.take("content")
    kinds = dict.fromkeys(name for part in listed(content) if isinstance(part, dict) for name in part)
    return Message(role=role, type=", ".join(kinds), content=(*content_blocks(content), *fields.unknown()))


def _tool(definition: Any) -> Iterator[Block]:
    match definition:
        case {"cachePoint": {"type": "default", **others}} if len(definition) == 1 and others.keys() <= {"ttl"}:
            yield CacheBreakpoint(lasts=str(others.get("ttl", "default")))
        case {"toolSpec": dict(fields)} | {"systemTool": dict(fields)}:
            kind = next(iter(definition))
            yield tool_of(kind, definition, fields, kind)
        case _:
            yield Unknown(what="tool", value=definition)
