"""Tell tools: what the model may call, what it calls, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, Failure, Tool, ToolCall, ToolResult
from probe.renderers.bodies import parsed
from probe.renderers.openai_responses.content import result_blocks
from probe.renderers.parts import rest

# Item type and the field that holds what the tool is called with.
_CALLS = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "mcp_call": "arguments",
    "mcp_approval_request": "arguments",
    "tool_search_call": "arguments",
    "local_shell_call": "action",
    "shell_call": "action",
    "web_search_call": "action",
    "file_search_call": "queries",
    "code_interpreter_call": "code",
    "apply_patch_call": "operation",
    "program": "code",
}
# Calls of a tool that the API has itself and that needs no name.
_UNNAMED = {
    kind: kind.removesuffix("_call")
    for kind in (*_CALLS, "computer_call")
    if kind not in ("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request")
}
# Item type and the field that holds what came back.
_RESULTS = {
    "function_call_output": "output",
    "custom_tool_call_output": "output",
    "local_shell_call_output": "output",
    "shell_call_output": "output",
    "computer_call_output": "output",
    "apply_patch_call_output": "output",
    "program_output": "result",
    "mcp_approval_response": "approve",
}
_DEEPEST = 3
"""Namespaces within namespaces that are told; the API has one level, and the definitions show all."""


def is_call(kind: str) -> bool:
    """Tell whether items of a type are calls of a tool."""
    return kind in _CALLS or kind == "computer_call"


def is_result(kind: str) -> bool:
    """Tell whether items of a type are what a tool gave back."""
    return kind in _RESULTS


def tool(definition: Any, depth: int = 0) -> Tool:
    """Tell one tool definition; a namespace holds more of them."""
    fields = definition if isinstance(definition, dict) else {}
    kind = str(fields.get("type") or ("function" if fields else "(no type)"))
    name = fields.get("name") or fields.get("server_label") or kind
    text = fields.get("description")
    nested = fields.get("tools")
    return Tool(
        name=str(name),
        type=kind,
        description=text if isinstance(text, str) else None,
        definition=definition,
        tools=tuple(tool(one, depth + 1) for one in nested) if isinstance(nested, list) and depth < _DEEPEST else (),
    )


def call_blocks(kind: str, item: dict[str, Any]) -> Iterator[Block]:
    """Tell a call, and what came back where the API itself ran the tool."""
    field = _CALLS.get(kind) or ("actions" if item.get("actions") else "action")
    places = [item.get("namespace"), item.get("server_label"), item.get("name") or _UNNAMED.get(kind, "(no name)")]
    known_by = "id" if kind == "mcp_approval_request" else "call_id"
    yield ToolCall(
        name=".".join(str(place) for place in places if place),
        arguments=parsed(item.get(field)),
        kind=kind,
        call_id=_text(item.get(known_by)),
        finished=item.get("status") != "in_progress",
    )
    yield from _outcome(kind, item)
    used = ("type", "name", "namespace", "server_label", known_by, "output", "outputs", "results", "error")
    yield from rest(item, field, *used)


def _outcome(kind: str, item: dict[str, Any]) -> Iterator[Block]:
    """Tell what a tool gave back that the API itself ran."""
    for field in ("output", "outputs", "results"):
        if item.get(field):
            yield ToolResult(kind=kind, content=tuple(_results(item[field])))
    if item.get("error"):
        yield Failure(message=_message(item["error"]), detail=item["error"])


def _results(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Body(value=value, folded=False)
    else:
        yield from result_blocks(value)


def _message(error: Any) -> str:
    told = error.get("message") if isinstance(error, dict) else error
    return told if isinstance(told, str) else "the tool failed"


def result_item_blocks(kind: str, item: dict[str, Any]) -> Iterator[Block]:
    """Tell what a tool gave back."""
    field = _RESULTS[kind]
    call = item.get("call_id") or item.get("approval_request_id")
    value = item.get(field)
    blocks = _results(value) if kind == "shell_call_output" else result_blocks(value)
    yield ToolResult(
        kind=kind,
        content=tuple(blocks),
        call_id=_text(call),
        failed=True if item.get("status") == "failed" else None,
    )
    yield from rest(item, "type", "call_id", "approval_request_id", field)


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
