"""Write blocks for a short report: a tool's long texts, and long reasoning, are cut in the middle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from probe.renderers.blocks import Block, Body, Reasoning, Text, Tool, ToolCall, ToolResult, Tools
from probe.report.markdown.blocks import markdown, tool_call_head, tool_result_head
from probe.report.markdown.escape import fence
from probe.report.markdown.values import body, in_place
from probe.report.plain_text import compact

_BEGIN, _END = 300, 200
"""Characters that are shown of a long text."""
_LONG = 700
"""Characters from which a text is long."""


def brief(blocks: Iterable[Block]) -> str:
    """Write blocks one below the other: long texts cut, the definition of a tool and short arguments in one line."""
    return "\n".join(map(_brief, blocks))


def _brief(block: Block) -> str:
    block = shortened(block)
    match block:
        case Tool():
            return fence(compact(block.definition), "json")
        case ToolCall():
            return f"{tool_call_head(block)}\n\n{in_place(block.arguments, brief=True)}"
        case ToolResult():
            return f"{tool_result_head(block)}\n\n{brief(block.content)}"
        case Body():
            return body(block.value, folded=block.folded, brief=True)
    return markdown((block,))


def shortened(block: Block) -> Block:
    """Return a block with the long texts of a tool, of its call or result, and of reasoning cut; others are whole."""
    match block:
        case ToolResult():
            return replace(block, content=tuple(map(_within, block.content)))
        case ToolCall():
            return replace(block, arguments=_value(block.arguments))
        case Reasoning():
            return replace(block, text=_value(block.text), summary=_value(block.summary))
        case Tool():
            return replace(block, definition=_value(block.definition))
        case Tools():
            return replace(
                block, tools=tuple(replace(tool, definition=_value(tool.definition)) for tool in block.tools)
            )
    return block


def _within(block: Block) -> Block:
    match block:
        case Text():
            return replace(block, text=_cut(block.text)) if len(block.text) > _LONG else block
        case Body():
            return replace(block, value=_value(block.value))
    return block


def _value(value: Any) -> Any:
    match value:
        case str() if len(value) > _LONG:
            return _cut(value)
        case dict():
            return {name: _value(one) for name, one in value.items()}
        case list():
            return [_value(one) for one in value]
    return value


def _cut(text: str) -> str:
    left = len(text) - _BEGIN - _END
    return f"{text[:_BEGIN]}\n[… {left:,} characters left out; analyze --full shows them …]\n{text[-_END:]}"
