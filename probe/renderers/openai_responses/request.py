"""Tell a request as the model reads it: settings, instructions, input, tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.blocks import Block, Conversation, Entry, Instructions, Note, Raw, Settings, Text, Tools
from probe.renderers.bodies import parsed
from probe.renderers.markdown import markdown
from probe.renderers.openai_responses.calls import call_fields
from probe.renderers.openai_responses.content import content_blocks
from probe.renderers.openai_responses.items import entry, item_blocks
from probe.renderers.openai_responses.tools import tool
from probe.renderers.turn import Turn

REBUILT = 100
"""Items of a rebuilt input that are shown, the newest: all of them in every turn would grow with the turns' square."""
_TOLD_BELOW = ("input", "instructions", "tools", "additional_tools", "response")


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request; what is none of this API's is told as it is."""
    body = parsed(body)
    fields = call_fields(body)
    if not _is_ours(fields):
        yield from generic.request_blocks(body)
        return
    yield from _settings(body, fields)
    yield from _instructions(fields.get("instructions"))
    yield from _input(fields.get("input"))
    yield from _tools("Tools", fields.get("tools"))
    yield from _tools("Additional tools", fields.get("additional_tools"))


def turn_blocks(turn: Turn) -> Iterator[Block]:
    """Tell what a turn's request does not say itself: that it warms up, and the whole input of the model."""
    if turn.warm_up:
        yield Note(text="Warm-up: this call asks for no answer, it only loads its context.")
    if not call_fields(turn.request).get("previous_response_id"):
        return
    if turn.full_input is None:
        yield Note(text="What lies behind previous_response_id is not in this exchange.")
        return
    title = "Full input, rebuilt behind previous_response_id"
    before = max(0, len(turn.full_input) - REBUILT)
    entries = _entries(turn.full_input.last(REBUILT), before)
    yield Conversation(title=title, entries=entries, brief=True, before=before)


def _is_ours(fields: dict[str, Any]) -> bool:
    if fields.get("type") == "response.create":
        return True
    return "input" in fields or ("model" in fields and ("instructions" in fields or "prompt" in fields))


def _settings(body: dict[str, Any], fields: dict[str, Any]) -> Iterator[Block]:
    wrapped = body.get("response")
    if not isinstance(wrapped, dict) and wrapped is not None:
        fields = {**fields, "response (as sent)": wrapped}
    names = sorted((name for name in fields if name not in _TOLD_BELOW), key=lambda name: name != "model")
    if names:
        yield Settings(pairs=tuple((name, fields[name]) for name in names))


def _instructions(value: Any) -> Iterator[Block]:
    if isinstance(value, str):
        yield Instructions(content=tuple(content_blocks(value)), characters=len(value))
    elif isinstance(value, list):
        content = tuple(block for item in value for block in item_blocks(item))
        characters = sum(len(block.text) for block in content if isinstance(block, Text))
        yield Instructions(content=content, characters=characters)
    elif value is not None:
        yield Raw(reason="instructions", value=value)


def _input(value: Any) -> Iterator[Block]:
    # A string is the API's short form of one user message.
    items = [{"role": "user", "content": value}] if isinstance(value, str) else value
    if isinstance(items, list):
        yield Conversation(title="Input", entries=_entries(items))
    elif items is not None:
        yield Raw(reason="input", value=items)


def _entries(items: list[Any], first: int = 0) -> tuple[Entry, ...]:
    return tuple(entry(index, item) for index, item in enumerate(items, first))


def _tools(title: str, value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Tools(title=title, tools=tuple(map(tool, value)))
    elif value is not None:
        yield Raw(reason=title.lower(), value=value)
