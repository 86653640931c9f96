"""Tell the items of an input or an output: messages, tool calls and their results, reasoning and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    Entry,
    Failure,
    Note,
    Raw,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.renderers.bodies import parsed
from probe.renderers.openai_responses.content import content_blocks, media, rest, result_blocks

# Item type and the field that holds what the tool is called with.
CALLS = {
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
    for kind in (*CALLS, "computer_call")
    if kind not in ("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request")
}
# Item type and the field that holds what came back.
RESULTS = {
    "function_call_output": "output",
    "custom_tool_call_output": "output",
    "local_shell_call_output": "output",
    "shell_call_output": "output",
    "computer_call_output": "output",
    "apply_patch_call_output": "output",
    "program_output": "result",
    "mcp_approval_response": "approve",
}


def entry(index: int, item: Any) -> Entry:
    """Tell one item of an input as a line of the conversation."""
    fields = item if isinstance(item, dict) else {}
    role = fields.get("role")
    return Entry(
        index=index,
        role=role if isinstance(role, str) else None,
        type=str(fields.get("type") or ("message" if "role" in fields else "(no type)")),
        content=tuple(item_blocks(item)),
    )


def output_blocks(item: Any) -> Iterator[Block]:
    """Tell one item of an answer; its id and an ordinary end say nothing to a reader."""
    if isinstance(item, dict):
        usual = {"id": item.get("id"), "status": "completed"}
        item = {name: value for name, value in item.items() if name not in usual or value != usual[name]}
    yield from item_blocks(item, label="Output text")


def item_blocks(item: Any, label: str | None = None) -> Iterator[Block]:
    """Tell one item; what is not understood is told raw."""
    match item:
        case {"type": "message"} | {"role": str()} if item.get("type", "message") in ("message", None):
            yield from content_blocks(item.get("content"), label)
            yield from rest(item, "type", "role", "content")
        case {"type": "reasoning"}:
            yield from _reasoning(item)
        case {"type": str(kind)} if kind in CALLS or kind == "computer_call":
            yield from _call(kind, item)
        case {"type": str(kind)} if kind in RESULTS:
            yield from _result(kind, item)
        case {"type": "audio"}:
            yield Text(text=item.get("transcript", ""), label="Audio transcript")
            yield media("Audio", item.get("data", ""))
        case {"type": "image_generation_call"}:
            yield from _generated_image(item)
        case {"type": str(kind), "tools": list(tools)} if kind in _TITLES:
            yield Tools(title=_TITLES[kind], tools=tuple(map(tool, tools)))
            yield from rest(item, "type", "tools")
        case {"type": "compaction" | "compaction_summary", "encrypted_content": str(text)}:
            yield Note(text=f"What came before is compacted into {len(text):,} encrypted characters.")
            yield from rest(item, "type", "encrypted_content")
        case {"type": "item_reference" | "compaction_trigger" | "configuration_update"}:
            yield from rest(item, "type")
        case {"id": _} if set(item) <= {"id", "type"} and item.get("type") is None:
            yield from rest(item)
        case {"type": other}:
            yield Raw(reason=f"item {other!r}", value=item)
        case other:
            yield Raw(reason="item without a type", value=other)


_TITLES = {
    "additional_tools": "Additional tools",
    "mcp_list_tools": "Tools of an MCP server",
    "tool_search_output": "Tools found",
}


def tool(definition: Any) -> Tool:
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
        tools=tuple(map(tool, nested)) if isinstance(nested, list) else (),
    )


def _reasoning(item: dict[str, Any]) -> Iterator[Block]:
    encrypted = item.get("encrypted_content")
    yield Reasoning(
        summary=_joined(item.get("summary")),
        text=_joined(item.get("content")),
        encrypted_characters=len(encrypted) if isinstance(encrypted, str) else None,
    )
    yield from rest(item, "type", "summary", "content", "encrypted_content")


def _joined(parts: Any) -> str | None:
    """Join the texts of a list of parts; anything else in it is kept as it is."""
    if not isinstance(parts, list):
        return None if parts is None else str(parts)
    texts = (part.get("text", part) if isinstance(part, dict) else part for part in parts)
    return "\n\n".join(map(str, texts)) or None


def _call(kind: str, item: dict[str, Any]) -> Iterator[Block]:
    field = CALLS.get(kind) or ("actions" if item.get("actions") else "action")
    places = [item.get("namespace"), item.get("server_label"), item.get("name") or _UNNAMED.get(kind, "(no name)")]
    yield ToolCall(
        name=".".join(str(place) for place in places if place),
        arguments=parsed(item.get(field)),
        kind=kind,
        call_id=_text(item.get("call_id")),
        finished=item.get("status") != "in_progress",
    )
    yield from _outcome(kind, item)
    used = ("type", "name", "namespace", "server_label", "call_id", "output", "outputs", "results", "error")
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


def _result(kind: str, item: dict[str, Any]) -> Iterator[Block]:
    field = RESULTS[kind]
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


def _generated_image(item: dict[str, Any]) -> Iterator[Block]:
    result = item.get("result")
    if isinstance(result, str) and result:
        yield media("Generated image", result)
    else:
        yield Text(text="", label="Generated image")
    yield from rest(item, "type", "result")


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
