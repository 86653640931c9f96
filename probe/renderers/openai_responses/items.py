"""Tell the items of an input or an output: messages, tool calls and their results, reasoning and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Entry, Note, Raw, Reasoning, Text, Tools
from probe.renderers.openai_responses.content import content_blocks
from probe.renderers.openai_responses.tools import call_blocks, is_call, is_result, result_item_blocks, tool
from probe.renderers.parts import media, rest


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
        if item.get("type") == "mcp_approval_request":
            del usual["id"]  # its answer names it
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
        case {"type": "agent_message", "author": str(author), "recipient": str(recipient)}:
            yield Note(text=f"From the agent {author} to {recipient}.")
            yield from content_blocks(item.get("content"), label)
            yield from rest(item, "type", "author", "recipient", "content")
        case {"type": str(kind)} if is_call(kind):
            yield from call_blocks(kind, item)
        case {"type": str(kind)} if is_result(kind):
            yield from result_item_blocks(kind, item)
        case {"type": "audio"} if all(isinstance(item.get(name, ""), str) for name in ("transcript", "data")):
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


def _generated_image(item: dict[str, Any]) -> Iterator[Block]:
    result = item.get("result")
    if isinstance(result, str) and result:
        yield media("Generated image", result)
    else:
        yield Text(text="", label="Generated image")
    yield from rest(item, "type", "result")
