"""Tell a request as the model reads it: settings, tools, system, messages; and a batch of requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.anthropic_messages.cache import breakpoint_summary
from probe.renderers.anthropic_messages.content import content_blocks
from probe.renderers.anthropic_messages.tools import tool
from probe.renderers.blocks import Block, Conversation, Entry, Instructions, Note, Raw, Settings, Text, Tools
from probe.renderers.bodies import parsed
from probe.renderers.markdown import markdown
from probe.renderers.parts import rest

_TOLD_BELOW = ("messages", "system", "tools")
_MOST_TYPES = 4
"""Types of content that name a message; more of them say no more."""


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request; what is none of this API's is told as it is."""
    body = parsed(body)
    match body:
        case {"messages": _}:
            yield from _message_request(body)
        case {"requests": list(requests)} if any(map(_is_batched, requests)):
            yield from rest(body, "requests")
            yield Conversation(title="Requests", entries=tuple(map(_batched, range(len(requests)), requests)))
        case _:
            yield from generic.request_blocks(body)


def continues_thread(fields: dict[str, Any]) -> bool:
    """Tell whether a request goes on from a message that lies with the API."""
    thread = fields.get("thread")
    return isinstance(thread, dict) and thread.get("previous_message_id") is not None


def _message_request(fields: dict[str, Any]) -> Iterator[Block]:
    names = sorted((name for name in fields if name not in _TOLD_BELOW), key=lambda name: name != "model")
    if names:
        yield Settings(pairs=tuple((name, fields[name]) for name in names))
    if continues_thread(fields):
        yield Note(text="This request goes on from an earlier message: what came before it lies with the API.")
    yield from breakpoint_summary(fields)
    yield from _system(fields.get("system"))
    yield from _messages(fields["messages"])
    yield from _tools(fields.get("tools"))


def _system(value: Any) -> Iterator[Block]:
    if isinstance(value, str | list):
        content = tuple(content_blocks(value))
        characters = sum(len(block.text) for block in content if isinstance(block, Text))
        yield Instructions(content=content, characters=characters)
    elif value is not None:
        yield Raw(reason="system", value=value)


def _messages(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Conversation(title="Messages", entries=tuple(map(_entry, range(len(value)), value)))
    elif value is not None:
        yield Raw(reason="messages", value=value)


def _entry(index: int, message: Any) -> Entry:
    if not isinstance(message, dict):
        return Entry(index=index, role=None, type="(none)", content=(Raw(reason="message", value=message),))
    role = message.get("role")
    return Entry(
        index=index,
        role=role if isinstance(role, str) else None,
        type=_types(message.get("content")),
        content=(*content_blocks(message.get("content")), *rest(message, "role", "content")),
    )


def _types(content: Any) -> str:
    """Name what a message is made of."""
    parts = content if isinstance(content, list) else [content]
    found = dict.fromkeys(str(part.get("type")) if isinstance(part, dict) else "text" for part in parts)
    return ", ".join([*found][:_MOST_TYPES]) + ("…" if len(found) > _MOST_TYPES else "")


def _tools(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Tools(tools=tuple(map(tool, value)))
    elif value is not None:
        yield Raw(reason="tools", value=value)


def _is_batched(request: Any) -> bool:
    return isinstance(request, dict) and "custom_id" in request and "params" in request


def _batched(index: int, request: Any) -> Entry:
    if not _is_batched(request):
        return Entry(index=index, role=None, type="(none)", content=(Raw(reason="request", value=request),))
    content = (*request_blocks(request["params"]), *rest(request, "custom_id", "params"))
    return Entry(index=index, role=None, type=str(request["custom_id"]), content=content)
