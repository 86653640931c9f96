"""Tell a request as the model reads it: settings, messages, tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.blocks import Block, Conversation, Raw, Settings, Tools
from probe.renderers.bodies import parsed
from probe.renderers.markdown import markdown
from probe.renderers.openai_chat_completions.messages import entry
from probe.renderers.openai_chat_completions.tools import tool

_TOOLS = {"tools": "Tools", "functions": "Functions"}


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request; what is none of this API's is told as it is."""
    body = parsed(body)
    if not isinstance(body, dict) or "messages" not in body:
        yield from generic.request_blocks(body)
        return
    names = sorted(
        (name for name in body if name != "messages" and name not in _TOOLS), key=lambda name: name != "model"
    )
    if names:
        yield Settings(pairs=tuple((name, body[name]) for name in names))
    yield from _messages(body["messages"])
    for name, title in _TOOLS.items():
        yield from _tools(name, title, body.get(name))


def _messages(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Conversation(
            title="Messages", entries=tuple(entry(index, message) for index, message in enumerate(value))
        )
    else:
        yield Raw(reason="messages", value=value)


def _tools(name: str, title: str, value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Tools(title=title, tools=tuple(map(tool, value)))
    elif value is not None:
        yield Raw(reason=name, value=value)
