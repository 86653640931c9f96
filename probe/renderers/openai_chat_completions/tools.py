"""Tell tools: what the model may call, and what it calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Raw, Tool, ToolCall
from probe.renderers.bodies import parsed
from probe.renderers.parts import rest

# Type of call, and the field that holds what the tool is called with.
_ARGUMENTS = {"function": "arguments", "custom": "input"}


def tool(definition: Any) -> Tool:
    """Tell one tool definition, or one of the older `functions`, which have no type."""
    fields = definition if isinstance(definition, dict) else {}
    kind = str(fields.get("type") or ("function" if fields else "(no type)"))
    within = fields.get(kind)
    named = within if isinstance(within, dict) else fields
    text = named.get("description")
    return Tool(
        name=str(named.get("name") or kind),
        type=kind,
        description=text if isinstance(text, str) else None,
        definition=definition,
    )


def calls_blocks(calls: Any, unfinished: Any = None) -> Iterator[Block]:
    """Tell a message's `tool_calls`; `unfinished` is the one in which a stream broke off."""
    if calls is None:
        return
    if not isinstance(calls, list):
        yield Raw(reason="tool_calls", value=calls)
        return
    for call in calls:
        yield from _call(call, finished=call is not unfinished)


def function_call_blocks(call: Any, *, finished: bool = True) -> Iterator[Block]:
    """Tell a `function_call`, as calls were before there could be several."""
    if isinstance(call, dict):
        yield from _called("function_call", call, "arguments", None, finished=finished)
    elif call is not None:
        yield Raw(reason="function_call", value=call)


def _call(call: Any, *, finished: bool) -> Iterator[Block]:
    fields = call if isinstance(call, dict) else {}
    # Some providers leave the type out, and a stream may break off before it tells what is called.
    kind = fields.get("type") or next((name for name in _ARGUMENTS if name in fields), "function")
    within = fields.get(kind, {}) if isinstance(kind, str) else None
    if not isinstance(call, dict) or not isinstance(within, dict) or kind not in _ARGUMENTS:
        yield Raw(reason=f"tool call {fields.get('type')!r}", value=call)
        return
    yield from _called(kind, within, _ARGUMENTS[kind], fields.get("id"), finished=finished)
    # The place in the list says nothing of its own.
    yield from rest(fields, "type", "id", "index", kind)


def _called(kind: str, fields: dict[str, Any], given: str, call_id: Any, *, finished: bool) -> Iterator[Block]:
    yield ToolCall(
        name=str(fields.get("name") or "(no name)"),
        arguments=parsed(fields.get(given)),
        kind=kind,
        call_id=None if call_id is None else str(call_id),
        finished=finished,
    )
    yield from rest(fields, "name", given)
