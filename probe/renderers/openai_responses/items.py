"""Items of an input or an output: messages, tool calls and their results, reasoning and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from probe.renderers.blocks import Block, Encrypted, MediaKind, Message, Reasoning, Text, Tools, Unknown
from probe.renderers.fields import Fields
from probe.renderers.openai_responses.canonical import CODEX_METADATA
from probe.renderers.openai_responses.content import content_blocks
from probe.renderers.openai_responses.tools import (
    CALLS,
    RESULTS,
    call_blocks,
    error_blocks,
    result_item_blocks,
    tool,
)
from probe.renderers.parts import media

_TOOLS = {
    "additional_tools": "Additional tools",
    "mcp_list_tools": "Tools of an MCP server",
    "tool_search_output": "Tools found",
}
_DETAILS: dict[str, tuple[str, ...]] = {
    "message": ("phase",),
    "agent_message": ("author", "recipient"),
    **dict.fromkeys(("function_call", "custom_tool_call"), ("async", "caller")),
    "function_call_output": ("caller", "namespace", "name"),
    "computer_call": ("action", "pending_safety_checks"),
    "computer_call_output": ("acknowledged_safety_checks",),
    "code_interpreter_call": ("container_id",),
    "image_generation_call": (
        *("action", "background", "output_format", "quality", "revised_prompt", "size", "svg_usage"),
    ),
    "mcp_call": ("approval_request_id",),
    "mcp_approval_response": ("reason",),
    "mcp_list_tools": ("server_label",),
    "additional_tools": ("role",),
    "tool_search_call": ("execution",),
    "tool_search_output": ("execution", "call_id"),
    "shell_call": ("environment", "caller"),
    "shell_call_output": ("max_output_length", "caller"),
    **dict.fromkeys(("custom_tool_call_output", "apply_patch_call", "apply_patch_call_output"), ("caller",)),
    "program": ("fingerprint",),
    "configuration_update": ("reasoning", "text"),
}
"""Documented fields of an item that have no block of their own."""
_NAMED_BY_ID = ("mcp_approval_request", "item_reference")
"""Items whose id is shown: the answer to the first one names it, and the second one is only an id."""
_OF_ALL = ("id", "status", "created_by", CODEX_METADATA)


def message(item: Any) -> Message:
    """Return one item of an input; a string is the API's short form of a user message."""
    if isinstance(item, str):
        return Message(role="user", type="message", content=(Text(text=item),))
    role = item.get("role") if isinstance(item, dict) else None
    role = role if isinstance(role, str) else None
    return Message(role=role, type=_kind(item) or "(no type)", content=tuple(item_blocks(item, role=role)))


def output_blocks(item: Any) -> Iterator[Block]:
    """Yield the blocks of one item of an answer; its id and an ordinary end are left out."""
    fields = Fields(item)
    if _kind(item) not in _NAMED_BY_ID:
        fields.text("id")
    fields.drop("status", "completed")
    role = "assistant" if _kind(item) == "message" else None
    yield from _blocks(item, fields, role=role, label="Output text")


def item_blocks(item: Any, role: str | None = None) -> Iterator[Block]:
    """Yield the blocks of one item; `role` is shown already."""
    return _blocks(item, Fields(item), role=role, label=None)


def _blocks(item: Any, fields: Fields, *, role: str | None, label: str | None) -> Iterator[Block]:
    kind = _kind(item)
    if kind is None:
        yield Unknown(what="item without a type", value=item)
        return
    read = _reader(kind, fields)
    if read is None:
        yield Unknown(what=f"item {kind!r}", value=item)
        return
    fields.take("type")
    fields.drop("role", role)
    yield from read(fields, label)
    yield from fields.details(*_DETAILS.get(kind, ()), *_OF_ALL)
    yield from fields.unknown()


def _kind(item: Any) -> str | None:
    """Return the type of an item; some clients leave it out."""
    if not isinstance(item, dict):
        return None
    kind = item.get("type")
    if kind is not None:
        return kind if isinstance(kind, str) else str(kind)
    if isinstance(item.get("role"), str):
        return "message"
    return "item_reference" if "id" in item and set(item) <= {"id", "type"} else None


_Reader = Callable[[Fields, str | None], Iterator[Block]]


def _reader(kind: str, fields: Fields) -> _Reader | None:
    """Return the function that reads items of a type; None where it is not known, or lacks what makes it one."""
    if kind in CALLS:
        return lambda fields, _label: call_blocks(kind, fields)
    if kind in RESULTS:
        return lambda fields, _label: result_item_blocks(kind, fields)
    if kind in _TOOLS:
        listed = isinstance(fields.peek("tools"), list)
        return (lambda fields, _label: _tools(_TOOLS[kind], fields)) if listed else None
    if kind in ("compaction", "compaction_summary") and not isinstance(fields.peek("encrypted_content"), str):
        return None
    return _READERS.get(kind)


def _content(fields: Fields, label: str | None) -> Iterator[Block]:
    yield from content_blocks(fields.take("content"), label)


def _agent_message(fields: Fields, label: str | None) -> Iterator[Block]:
    yield from fields.details("author", "recipient")
    yield from _content(fields, label)


def _reasoning(fields: Fields, _label: str | None) -> Iterator[Block]:
    encrypted = fields.text("encrypted_content")
    others: list[Any] = []
    yield Reasoning(
        summary=_joined(fields.take("summary"), others),
        text=_joined(fields.take("content"), others),
        encrypted_characters=None if encrypted is None else len(encrypted),
    )
    yield from (Unknown(what="part of reasoning", value=part) for part in others)


def _joined(parts: Any, others: list[Any]) -> str | None:
    """Join the texts of a list of parts; what has more than a type and a text is added to the others."""
    if parts is None or isinstance(parts, str):
        return parts
    texts = []
    for part in parts if isinstance(parts, list) else [parts]:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str):
            texts.append(text)
        if not isinstance(text, str) or (isinstance(part, dict) and not _is_plain(part)):
            others.append(part)
    return "\n\n".join(texts) or None


def _is_plain(part: dict[str, Any]) -> bool:
    return part.keys() <= {"type", "text"} and part.get("type") in (None, "summary_text", "reasoning_text", "text")


def _tools(title: str, fields: Fields) -> Iterator[Block]:
    yield Tools(title=title, tools=tuple(map(tool, fields.take("tools"))))
    yield from error_blocks(fields)


def _audio(fields: Fields, _label: str | None) -> Iterator[Block]:
    yield Text(text=fields.text("transcript") or "", label="Audio transcript")
    yield media(MediaKind.AUDIO, "Audio", fields.text("data") or "")


def _generated_image(fields: Fields, _label: str | None) -> Iterator[Block]:
    yield media(MediaKind.IMAGE, "Generated image", fields.text("result") or "")
    yield from error_blocks(fields)


def _compaction(fields: Fields, _label: str | None) -> Iterator[Block]:
    yield Encrypted(what="compaction of what came before", characters=len(fields.text("encrypted_content") or ""))


def _nothing(_fields: Fields, _label: str | None) -> Iterator[Block]:
    return iter(())


_READERS: dict[str, _Reader] = {
    "message": _content,
    "agent_message": _agent_message,
    "reasoning": _reasoning,
    "audio": _audio,
    "image_generation_call": _generated_image,
    "compaction": _compaction,
    "compaction_summary": _compaction,
    "item_reference": _nothing,
    "compaction_trigger": _nothing,
    "configuration_update": _nothing,
}
