"""Shorten the results of tools: a report shows how they begin and end."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from probe.renderers.blocks import Block, Body, Text, ToolResult

_BEGIN, _END = 800, 400
"""Characters that are shown of a long text."""
_LONG = 1500
"""Characters from which a text is long."""


def shortened(block: Block) -> Block:
    """Return a block with the long texts of a tool's result cut."""
    if isinstance(block, ToolResult):
        return replace(block, content=tuple(map(_within, block.content)))
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
    return f"{text[:_BEGIN]}\n[… {left:,} characters: --full shows them …]\n{text[-_END:]}"
