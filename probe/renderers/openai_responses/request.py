"""Requests: settings, instructions, input and tools, and what a call asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.renderers.api import Asked, ItemField, Kind, Layout
from probe.renderers.blocks import Block, Instructions, Text, Unknown
from probe.renderers.json_reader import Json, json_of
from probe.renderers.openai_responses.items import item_blocks as blocks_of_item
from probe.renderers.openai_responses.items import message
from probe.renderers.openai_responses.tools import tool_blocks
from probe.renderers.parts import grouped, schema_fields

LAYOUT = Layout(
    messages=("input",),
    tools=("tools", "additional_tools"),
    instructions=("instructions",),
    settings=frozenset(
        {
            *("access_programs", "background", "context_management", "conversation", "generate", "image", "include"),
            *("max_output_tokens", "max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls"),
            *("previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
            *("reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_id", "stream_options"),
            *("temperature", "text", "tool_choice", "top_logprobs", "top_p", "truncation", "type", "user"),
            "client_metadata",  # codex sends it to the API, which does not document it
        }
    ),
)
_CONTEXT = ("instructions", "prompt", "previous_response_id", "conversation")
"""What a call may have besides a model, or instead of an input."""
_CLIENT_MESSAGES = ("response.create", "response.steer")


def items(path: str, body: Json) -> Iterator[ItemField] | None:
    """Return the items of a call; None when the body has not the fields of one."""
    members = body.members
    if body.get("type") == "response.create" or _has_input(members):
        return _items(body)
    return None


def _has_input(members: Iterable[str]) -> bool:
    return "input" in members or ("model" in members and any(name in members for name in _CONTEXT))


def _items(body: Json) -> Iterator[ItemField]:
    wrapped = _wrapped(body)
    if wrapped is None:
        yield from LAYOUT.items(body)
    else:
        yield from (field for field in LAYOUT.items(body) if field.at != "response")
        yield from LAYOUT.items(wrapped, "response.")


def _wrapped(body: Json) -> Json | None:
    """Return the object in which a `response.create` may hold its fields; None where it holds them itself."""
    inner = body.members.get("response")
    return inner if inner is not None and inner.is_object and body.get("type") == "response.create" else None


def member(body: Json, name: str) -> Any:
    """Return a field of a call, in the message itself or under `response`."""
    wrapped = _wrapped(body)
    return body.get(name) if wrapped is None or name not in wrapped.members else wrapped.get(name)


def asked(path: str, body: Json) -> Asked:
    """Return what a call asks for."""
    model, most = member(body, "model"), member(body, "max_output_tokens")
    previous = member(body, "previous_response_id")
    return Asked(
        model=model if isinstance(model, str) else None,
        most_output=most if type(most) is int else None,
        schema_fields=_schema_fields(member(body, "text")),
        no_answer=member(body, "generate") is False,
        previous_id=previous if previous and isinstance(previous, str) else None,
        # An id of another type cannot be found.
        elsewhere=bool(member(body, "conversation")) or not isinstance(previous or "", str),
    )


def _schema_fields(text: Any) -> tuple[str, ...] | None:
    form = text.get("format") if isinstance(text, dict) else None
    if not isinstance(form, dict) or form.get("type") not in ("json_schema", "json_object"):
        return None
    return schema_fields(form.get("schema"))


def item_blocks(kind: Kind, name: str, value: Any) -> Iterator[Block]:
    """Yield the blocks of one item of a request."""
    if kind is Kind.MESSAGE:
        yield message(value)
    elif kind is Kind.TOOL:
        yield from tool_blocks(value)
    elif kind is Kind.INSTRUCTIONS:
        yield _instructions(value)
    else:
        yield from LAYOUT.setting_blocks(name, value)


def _instructions(value: Any) -> Instructions:
    if isinstance(value, str):
        return Instructions(content=(Text(text=value),))
    if not isinstance(value, list):
        return Instructions(content=(Unknown(what="instructions", value=value),))
    return Instructions(content=tuple(block for item in value for block in blocks_of_item(item)))


def request_blocks(path: str, body: Any) -> Iterator[Block] | None:
    """Yield the blocks of a body with the fields of a call; None for any other."""
    if not isinstance(body, dict) or not (body.get("type") in _CLIENT_MESSAGES or _has_input(body)):
        return None
    return grouped((block for field in _items(json_of(body)) for block in field.blocks(item_blocks)), "Input")
