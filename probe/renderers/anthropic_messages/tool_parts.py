"""Content blocks about tools: calls, results, what tools of the API's own did, and changes of the tools themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.anthropic_messages.part_context import Context, RenderPart, encrypted
from probe.renderers.anthropic_messages.tools import reference, tool
from probe.renderers.blocks import Block, Body, Failure, Text, ToolCall, ToolResult, Tools
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json

# A call that the model makes itself is the usual one; the others are made by a program that it wrote.
_DIRECT = {"type": "direct"}
_OUTCOME_DETAILS = (
    *("return_code", "stop_reason", "is_file_update", "file_type", "num_lines", "start_line", "total_lines"),
    *("old_start", "old_lines", "new_start", "new_lines"),
)


def _call(part: Fields, context: Context) -> Iterator[Block]:
    places = (part.text("server_name"), part.text("toolset_name"), part.text("name") or "(no name)")
    yield ToolCall(
        name=".".join(place for place in places if place),
        arguments=part.take("input"),
        kind=str(part.peek("type")),
        call_id=part.text("id"),
        finished=context.finished,
    )
    part.drop("caller", _DIRECT)
    yield from part.details("caller")


def _result(part: Fields, context: Context) -> Iterator[Block]:
    content, failed = part.take("content"), part.flag("is_error")
    if isinstance(content, dict) and str(content.get("type")).endswith("_error"):
        failed = True
    yield ToolResult(
        kind=str(part.peek("type")),
        content=tuple(_returned(content, context)),
        call_id=part.text("tool_use_id"),
        failed=failed,
    )
    part.drop("caller", _DIRECT)
    yield from part.details("caller", "toolset_name")


def _returned(content: Any, context: Context) -> Iterator[Block]:
    """Yield what a tool returned: text, JSON as text, or blocks."""
    value = parsed_json(content) if isinstance(content, str) else content
    if isinstance(content, str) and not isinstance(value, str):
        yield Body(value=value, folded=False)
    else:
        yield from context.content_blocks(content, None)


def _outcome(part: Fields, context: Context) -> Iterator[Block]:
    """Yield what a tool of the API's own has done: what it wrote, the files that it made, and its other fields."""
    for name in ("stdout", "stderr", "text"):
        if text := part.text(name):
            yield Text(text=text, label=name)
    if (content := part.take("content")) != "":
        yield from context.content_blocks(content, "content")
    lines = part.peek("lines")
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        yield Text(text="\n".join(part.take("lines")), label="lines")
    yield from part.details(*_OUTCOME_DETAILS)
    yield from encrypted(part, "encrypted_stdout", "encrypted_content")


def _failure(part: Fields, _context: Context) -> Iterator[Block]:
    code, message = part.text("error_code"), part.text("error_message")
    yield Failure(message=message or code or "no message", code=code)


def _found(part: Fields, _context: Context) -> Iterator[Block]:
    yield Tools(title="Tools found", tools=tuple(map(reference, part.list("tool_references") or ())))


def _reference(part: Fields, _context: Context) -> Iterator[Block]:
    yield Tools(title="Tools referred to", tools=(reference({"tool_name": part.take("tool_name")}),))


def _change(part: Fields, _context: Context) -> Iterator[Block]:
    title = "Tools added" if part.peek("type") == "tool_addition" else "Tools removed"
    yield Tools(title=title, tools=(_changed(part.take("tool")),))


def _changed(change: Any) -> Any:
    match change:
        case {"type": "tool_definition", "definition": definition} if len(change) == 2:
            return tool(definition)
        case _:
            return reference(change)


def _listing(part: Fields, _context: Context) -> Iterator[Block]:
    server, tools = part.text("mcp_server_name"), part.list("tools") or ()
    yield Tools(title=f"Tools of the MCP server {server}", tools=tuple(map(tool, tools)))


CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Calls of a tool: of the agent's, of the API's own, of an MCP server's."""

_RESULTS = (
    *("tool_result", "mcp_tool_result", "web_search_tool_result", "web_fetch_tool_result", "advisor_tool_result"),
    *("code_execution_tool_result", "bash_code_execution_tool_result", "text_editor_code_execution_tool_result"),
    "tool_search_tool_result",
)
_OUTCOMES = (
    *("code_execution_result", "encrypted_code_execution_result", "bash_code_execution_result"),
    *("text_editor_code_execution_view_result", "text_editor_code_execution_create_result"),
    *("text_editor_code_execution_str_replace_result", "advisor_result", "advisor_redacted_result"),
)
_OWN_TOOLS = ("web_search", "web_fetch", "advisor", "code_execution", "bash_code_execution", "tool_search")
_ERRORS = tuple(f"{name}_tool_result_error" for name in (*_OWN_TOOLS, "text_editor_code_execution"))

TOOLS: dict[str, RenderPart] = {
    **dict.fromkeys(CALLS, _call),
    **dict.fromkeys(_RESULTS, _result),
    **dict.fromkeys(_OUTCOMES, _outcome),
    **dict.fromkeys(_ERRORS, _failure),
    "tool_search_tool_search_result": _found,
    "tool_reference": _reference,
    "tool_addition": _change,
    "tool_removal": _change,
    "mcp_tool_listing": _listing,
}
