"""Tell a request as the model reads it: settings, system instruction, contents, tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.blocks import Block, Conversation, Instructions, Raw, Settings, Text, Tools
from probe.renderers.bodies import parsed
from probe.renderers.gemini_generate_content.content import content_blocks, content_entry, contents_of
from probe.renderers.gemini_generate_content.names import spelled, unwrapped_request
from probe.renderers.gemini_generate_content.tools import tools_of
from probe.renderers.markdown import markdown
from probe.renderers.turn import Turn

_MODEL = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:]+):")
_TOLD_BELOW = ("contents", "systemInstruction", "tools", "generationConfig")


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request; what is none of this API's is told as it is."""
    body = parsed(body)
    fields, around = unwrapped_request(body)
    if fields.get("contents") is None:
        yield from generic.request_blocks(body)
        return
    yield from _settings(fields, around)
    yield from _instructions(fields.get("systemInstruction"))
    entries = tuple(content_entry(index, content) for index, content in enumerate(contents_of(fields["contents"])))
    yield Conversation(title="Contents", entries=entries)
    yield from _tools(fields.get("tools"))


def turn_blocks(turn: Turn) -> Iterator[Block]:
    """Tell the model, where the request's path alone names it."""
    fields, around = unwrapped_request(turn.request)
    model = model_in(turn.path)
    if model and "model" not in fields and "model" not in around:
        yield Settings(pairs=(("model", model),))


def model_in(path: str) -> str | None:
    """Give the model that a path names: `…/models/gemini-x:generateContent`; None where it names none."""
    found = _MODEL.search(path)
    return found and found[1]


def _settings(fields: dict[str, Any], around: dict[str, Any]) -> Iterator[Block]:
    pairs = [*around.items(), *((name, value) for name, value in fields.items() if name not in _TOLD_BELOW)]
    if pairs:
        yield Settings(pairs=tuple(sorted(pairs, key=lambda pair: pair[0] != "model")))
    config = fields.get("generationConfig")
    if isinstance(config, dict) and config:
        yield Settings(pairs=tuple(config.items()))
    elif config is not None:
        yield Settings(pairs=(("generationConfig", config),))


def _instructions(value: Any) -> Iterator[Block]:
    if value is None:
        return
    content = tuple(content_blocks(value))
    yield Instructions(content=content, characters=sum(len(block.text) for block in content if isinstance(block, Text)))
    role = spelled(value).get("role")
    if role not in (None, "", "user", "system"):
        yield Settings(pairs=(("role of the system instruction", role),))


def _tools(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Tools(tools=tuple(tool for one in value for tool in tools_of(one)))
    elif value is not None:
        yield Raw(reason="tools", value=value)
