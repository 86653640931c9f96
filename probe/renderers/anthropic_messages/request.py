"""A request: where its items are, what it asks for, its blocks; and a batch of requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.renderers.anthropic_messages.content import content_blocks
from probe.renderers.anthropic_messages.tools import tool_blocks
from probe.renderers.api import Asked, Kind, Layout
from probe.renderers.blocks import (
    Block,
    Conversation,
    Instructions,
    Message,
    Note,
    Settings,
    Tool,
    Tools,
    Unknown,
)
from probe.renderers.fields import Fields
from probe.renderers.json_reader import Json, json_of
from probe.renderers.parts import schema_fields

LAYOUT = Layout(
    messages=("messages",),
    instructions=("system",),
    settings=frozenset(
        {
            *("anthropic_beta", "anthropic_version", "betas", "billing_policy", "cache_control", "compaction"),
            *("container", "context_management", "diagnostics", "fallback_credit_token", "fallbacks"),
            *("inference_geo", "max_tokens", "mcp_servers", "metadata", "model", "output_config", "output_format"),
            *("service_tier", "speed", "stop_sequences", "stream", "temperature", "thinking", "thread", "tool_choice"),
            *("top_k", "top_p", "user_profile_id", "workspace_id"),
        }
    ),
)
_CALLS = ("/messages", ":rawPredict", ":streamRawPredict")
# Vertex counts tokens at the address of a model that has this name.
_COUNTS = ("/count_tokens", "/count-tokens:rawPredict")
_MOST_TYPES = 4
"""Maximum number of types of content that name a message."""


def is_call(method: str, path: str) -> bool:
    """Check whether a request calls the model."""
    return method == "POST" and path.rstrip("/").endswith(_CALLS) and not is_count(path)


def is_count(path: str) -> bool:
    """Check whether a path is where tokens are counted."""
    return path.rstrip("/").endswith(_COUNTS)


def asked(path: str, body: Json) -> Asked:
    """Return what a call asks for."""
    model, limit, thread = body.get("model"), body.get("max_tokens"), body.get("thread")
    previous = thread.get("previous_message_id") if isinstance(thread, dict) else None
    note = Note(text="This request continues an earlier message: the API stores what came before it.")
    return Asked(
        model=model if isinstance(model, str) else None,
        most_output=limit if type(limit) is int else None,
        schema_fields=_schema_fields(body),
        # https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pre-warming-the-cache
        no_answer=limit == 0 and type(limit) is int,
        previous_id=previous if isinstance(previous, str) else None,
        elsewhere=previous is not None,
        notes=() if previous is None else (note,),
    )


def item_blocks(kind: Kind, name: str, value: Any) -> Iterator[Block]:
    """Yield the blocks of one item."""
    match kind:
        case Kind.MESSAGE:
            yield _message(value)
        case Kind.TOOL:
            yield from tool_blocks(value)
        case Kind.INSTRUCTIONS:
            yield Instructions(content=tuple(content_blocks(value)))
        case Kind.SETTING:
            yield from LAYOUT.setting_blocks(name, value)


def request_blocks(body: Any) -> Iterable[Block] | None:
    """Return the blocks of a request that calls no model: a count of tokens, or a batch; None for any other body."""
    match body:
        case {"messages": _}:
            return whole_request(body)
        case {"requests": list(requests)} if any(map(_is_batched, requests)):
            return _batch(body)
        case _:
            return None


def whole_request(body: dict[str, Any]) -> Iterator[Block]:
    """Yield a request in one piece, as a batch holds it."""
    found: dict[Kind, list[Block]] = {kind: [] for kind in Kind}
    for field in LAYOUT.items(json_of(body)):
        found[field.kind].extend(field.blocks(item_blocks))
    pairs = [pair for block in found[Kind.SETTING] if isinstance(block, Settings) for pair in block.pairs]
    yield from [Settings(pairs=tuple(pairs))] if pairs else []
    yield from (block for block in found[Kind.SETTING] if not isinstance(block, Settings))
    yield from found[Kind.INSTRUCTIONS]
    messages = tuple(block for block in found[Kind.MESSAGE] if isinstance(block, Message))
    yield Conversation(title="Messages", messages=messages)
    # Their cache breakpoints are in their definitions.
    tools = tuple(block for block in found[Kind.TOOL] if isinstance(block, Tool))
    yield from [Tools(tools=tools)] if tools else []
    yield from (block for block in found[Kind.TOOL] if isinstance(block, Unknown))


def _schema_fields(body: Json) -> tuple[str, ...] | None:
    config = body.get("output_config")
    wanted = config.get("format") if isinstance(config, dict) else body.get("output_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    return schema_fields(wanted.get("schema"))


def _message(message: Any) -> Message:
    if not isinstance(message, dict):
        return Message(role=None, type="(none)", content=(Unknown(what="message", value=message),))
    fields = Fields(message)
    role, content = fields.text("role"), fields.take("content")
    shown = (*content_blocks(content), *fields.rest("clear_at", "output_config"))
    return Message(role=role, type=_types(content), content=shown)


def _types(content: Any) -> str:
    """Name what a message is made of."""
    parts = content if isinstance(content, list) else [content]
    found = dict.fromkeys(str(part.get("type")) if isinstance(part, dict) else "text" for part in parts)
    return ", ".join([*found][:_MOST_TYPES]) + ("…" if len(found) > _MOST_TYPES else "")


def _batch(body: dict[str, Any]) -> Iterator[Block]:
    fields = Fields(body)
    requests = fields.list("requests") or []
    yield from fields.rest("betas", "user_profile_id", "workspace_id")
    yield Conversation(title="Requests", messages=tuple(map(_batched, requests)))


def _is_batched(request: Any) -> bool:
    return isinstance(request, dict) and "custom_id" in request and "params" in request


def _batched(request: Any) -> Message:
    if not _is_batched(request):
        return Message(role=None, type="(none)", content=(Unknown(what="request", value=request),))
    fields = Fields(request)
    name, params = fields.take("custom_id"), fields.take("params")
    asks = request_blocks(params)
    shown = asks if asks is not None else [Unknown(what="params", value=params)]
    return Message(role=None, type=str(name), content=(*shown, *fields.unknown()))
