"""Definitions and calls of tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, ToolCall, Unknown
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json
from probe.renderers.parts import tool_of

_ARGUMENTS = {"function": "arguments", "custom": "input"}
"""Type of call, and the field that holds what the tool is called with."""


def tool_blocks(definition: Any) -> Iterator[Block]:
    """Yield one tool definition, or one of the older `functions`, which have no type."""
    if not isinstance(definition, dict) or not definition:
        yield from [] if definition is None else [Unknown(what="tool", value=definition)]
        return
    kind = str(definition.get("type") or "function")
    within = definition.get(kind)
    yield tool_of(kind, definition, within if isinstance(within, dict) else definition, kind)


def function_call_blocks(call: Any, *, finished: bool = True) -> Iterator[Block]:
    """Yield a `function_call`, as calls were before there could be several."""
    if isinstance(call, dict):
        yield from _called("function_call", Fields(call), "arguments", None, finished=finished)
    else:
        yield Unknown(what="function_call", value=call)


def call_blocks(call: Any, *, finished: bool = True) -> Iterator[Block]:
    """Yield one of a message's `tool_calls`."""
    fields = Fields(call)
    # Some providers omit the type, and a stream may end before the call's name.
    kind = fields.peek("type") or next((name for name in _ARGUMENTS if name in fields), "function")
    given = _ARGUMENTS.get(kind) if isinstance(kind, str) else None
    if not isinstance(call, dict) or given is None or not isinstance(call.get(kind, {}), dict):
        yield Unknown(what=f"tool call {fields.peek('type')!r}", value=call)
        return
    called = Fields(fields.object(kind))
    fields.drop("type", kind)
    yield from _called(kind, called, given, _text(fields.take("id")), finished=finished)
    fields.number("index")  # The place in the list.
    yield from fields.rest("extra_content")  # Google


def _called(kind: str, fields: Fields, given: str, call_id: str | None, *, finished: bool) -> Iterator[Block]:
    yield ToolCall(
        name=_text(fields.take("name")) or "(no name)",
        arguments=parsed_json(fields.take(given)),
        kind=kind,
        call_id=call_id,
        finished=finished,
    )
    yield from fields.unknown()


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
