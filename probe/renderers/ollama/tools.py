"""Definitions and calls of tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, ToolCall, Unknown
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json
from probe.renderers.parts import tool_of


def tool_blocks(definition: Any) -> Iterator[Block]:
    """Yield one tool definition."""
    if not isinstance(definition, dict) or not isinstance(definition.get("function", {}), dict):
        yield Unknown(what="tool", value=definition)
        return
    yield tool_of(str(definition.get("type") or "function"), definition, definition.get("function"))


def call_blocks(call: Any) -> Iterator[Block]:
    """Yield one of a message's `tool_calls`: the arguments are always a complete object."""
    fields = Fields(call)
    function = Fields(fields.object("function"))
    name = function.text("name")
    if name is None:
        yield Unknown(what="tool call", value=call)
        return
    arguments = parsed_json(function.take("arguments"))
    yield ToolCall(name=name, arguments=arguments, kind="function", call_id=fields.text("id"))
    fields.drop("type", "function")
    function.number("index")  # The place in the list.
    yield from function.unknown()
    yield from fields.unknown()
