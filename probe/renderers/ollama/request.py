"""A request: where its items are, what it asks for, and its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from probe.renderers.api import Asked, ItemField, Kind, Layout
from probe.renderers.blocks import Block, Instructions, Message, Text, Unknown
from probe.renderers.json_reader import Json
from probe.renderers.ollama.content import image_blocks, message
from probe.renderers.ollama.tools import tool_blocks

_MESSAGES = "messages"
_PROMPT = ("prompt", "suffix", "images")
"""What `generate` has instead of messages."""
LAYOUT = Layout(
    messages=(_MESSAGES, *_PROMPT),
    instructions=("system",),
    settings=frozenset(
        {
            *("context", "format", "keep_alive", "logprobs", "model", "options", "raw", "shift", "stream"),
            *("template", "think", "top_logprobs", "truncate", "_debug_render_only"),
            *("width", "height", "steps"),  # where a model makes images
        }
    ),
)


def items(body: Json) -> Iterator[ItemField]:
    """Yield settings, the system prompt, messages or the prompt, and tools, without empty ones."""
    for field in LAYOUT.items(body):
        if field.kind is Kind.SETTING or not _is_empty(field.json):
            yield replace(field, name=field.at) if field.at in _PROMPT else field


def asked(path: str, body: Json) -> Asked:
    """Return what a call asks for; one without any input loads or unloads the model."""
    model, options = body.get("model"), body.get("options")
    limit = options.get("num_predict") if isinstance(options, dict) else None
    inputs = (body.members.get(name) for name in LAYOUT.messages)
    return Asked(
        model=model if isinstance(model, str) else None,
        # -1 is no limit, -2 the context window.
        most_output=limit if type(limit) is int and limit >= 0 else None,
        schema_fields=_schema_fields(body.get("format")),
        no_answer=all(found is None or _is_empty(found) for found in inputs),
    )


def _is_empty(json: Json) -> bool:
    return not json.texts if json.is_array else json.value in (None, "")


def item_blocks(kind: Kind, name: str, value: Any) -> Iterator[Block]:
    """Yield the blocks of one item."""
    match kind:
        case Kind.MESSAGE:
            yield _prompt(name, value) if name else message(value)
        case Kind.TOOL:
            yield from tool_blocks(value)
        case Kind.INSTRUCTIONS if isinstance(value, str):
            yield Instructions(content=(Text(text=value),))
        case Kind.INSTRUCTIONS:
            yield Unknown(what="system", value=value)
        case Kind.SETTING:
            yield from LAYOUT.setting_blocks(name, value)


def _prompt(name: str, value: Any) -> Message:
    """Return a field of a prompt as the message that it is to the model."""
    if name == "images":
        content = tuple(image_blocks(value))
    elif isinstance(value, str):
        content = (Text(text=value),)
    else:
        content = (Unknown(what=name, value=value),)
    return Message(role="user", type=name, content=content)


def _schema_fields(wanted: Any) -> tuple[str, ...] | None:
    match wanted:
        case {"properties": dict(properties)}:
            return tuple(properties)
        case "json" | {}:
            return ()
        case _:
            return None
