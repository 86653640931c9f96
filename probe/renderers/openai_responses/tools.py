"""Definitions, calls and results of tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, Failure, Tool, ToolCall, ToolResult, Unknown
from probe.renderers.errors import failure
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json
from probe.renderers.openai_responses.content import result_blocks

# Item type and the field with the arguments.
CALLS = {
    **dict.fromkeys(("function_call", "mcp_call", "mcp_approval_request", "tool_search_call"), "arguments"),
    **dict.fromkeys(("local_shell_call", "shell_call", "computer_call", "web_search_call"), "action"),
    **dict.fromkeys(("code_interpreter_call", "program"), "code"),
    "custom_tool_call": "input",
    "file_search_call": "queries",
    "apply_patch_call": "operation",
}
_NAMED = ("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request")
"""Calls that name their tool; the others are of built-in tools of the API."""
# Item type and the field with the result.
RESULTS = {
    **dict.fromkeys(("function_call_output", "custom_tool_call_output", "computer_call_output"), "output"),
    **dict.fromkeys(("local_shell_call_output", "shell_call_output", "apply_patch_call_output"), "output"),
    "program_output": "result",
    "mcp_approval_response": "approve",
}
CLIENT_CALLS = (
    *("function_call", "custom_tool_call", "local_shell_call", "shell_call", "computer_call", "apply_patch_call"),
    *("mcp_approval_request", "tool_search_call", "program"),
)
"""Calls that a client may have to answer before the model continues."""
_DEEPEST = 3
"""Namespaces within namespaces that are shown; the API has one level, and the definitions show all."""


def tool_blocks(definition: Any) -> Iterator[Block]:
    """Yield one tool definition; what is no object is unknown."""
    yield tool(definition) if isinstance(definition, dict) else Unknown(what="tool", value=definition)


def tool(definition: Any, depth: int = 0) -> Tool:
    """Return one tool definition; a namespace holds more of them."""
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


def call_blocks(kind: str, fields: Fields) -> Iterator[Block]:
    """Yield a call, and its result if the API itself ran the tool."""
    field = "actions" if kind == "computer_call" and fields.peek("actions") else CALLS[kind]
    unnamed = "(no name)" if kind in _NAMED else kind.removesuffix("_call")
    places = [fields.text("namespace"), fields.text("server_label"), fields.text("name") or unnamed]
    yield ToolCall(
        name=".".join(place for place in places if place),
        arguments=parsed_json(fields.take(field)),
        kind=kind,
        call_id=fields.text("id" if kind == "mcp_approval_request" else "call_id"),
        finished=fields.peek("status") != "in_progress",
    )
    for outcome in ("output", "outputs", "results"):
        if value := fields.take(outcome):
            yield ToolResult(kind=kind, content=tuple(_results(value)))
    yield from error_blocks(fields)


def error_blocks(fields: Fields) -> Iterator[Block]:
    """Yield the error of an item, if it has one."""
    if error := fields.take("error"):
        message = error.get("message") if isinstance(error, dict) else error
        yield failure(error) if isinstance(message, str) else Failure(message="the tool failed", detail=error)


def result_item_blocks(kind: str, fields: Fields) -> Iterator[Block]:
    """Yield what a tool returned."""
    value = fields.take(RESULTS[kind])
    yield ToolResult(
        kind=kind,
        content=tuple(_results(value) if kind == "shell_call_output" else result_blocks(value)),
        call_id=fields.text("call_id") or fields.text("approval_request_id"),
        failed=True if fields.peek("status") == "failed" else None,
    )


def _results(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        yield Body(value=value, folded=False)
    else:
        yield from result_blocks(value)
