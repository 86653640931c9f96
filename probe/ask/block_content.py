"""Blocks one by one, without what they are within: whose words each is, of which tool, and its texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from probe.ask.found import leaves
from probe.renderers.blocks import (
    Block,
    Body,
    Conversation,
    Failure,
    Incomplete,
    Instructions,
    Markdown,
    Media,
    Message,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
    Unknown,
)
from probe.trace.features import SYSTEM_ROLES

SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
DEFINITION, SETTING, ERROR, OTHER = "definition", "setting", "error", "other"
ROLES = (SYSTEM, USER, ASSISTANT, TOOL, DEFINITION, SETTING, ERROR, OTHER)
"""Whose words something is; `tool` is the result of a tool, `definition` what the model reads of a tool."""
SAME_ROLES = dict.fromkeys(SYSTEM_ROLES, SYSTEM) | {"model": ASSISTANT}
"""Words of APIs for the same."""

_OF_BLOCKS: dict[type, str] = {
    **dict.fromkeys((Reasoning, ToolCall, Refusal), ASSISTANT),
    Tool: DEFINITION,
    Settings: SETTING,
    **dict.fromkeys((Failure, Incomplete), ERROR),
}
_CONTENT: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((Text, Refusal, Markdown), ("text",)),
    Reasoning: ("summary", "text"),
    ToolCall: ("name", "arguments"),
    Media: ("source",),
    Settings: ("pairs",),
    Tool: ("definition",),
    Failure: ("message", "detail"),
    Incomplete: ("reason",),
    **dict.fromkeys((Body, Unknown), ("value",)),
}
"""The fields of blocks that hold content; a block that is not here has none."""


class Passage(NamedTuple):
    """A block with content, and what is known from the blocks around it."""

    number: int
    """Among those of its item or answer, from 1."""
    block: Block
    role: str
    tool: str | None

    @property
    def has_names(self) -> bool:
        """Check whether the names of its members say something: those of parameters and settings."""
        return self.role in (DEFINITION, SETTING)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield its texts, each with its pointer within the block's JSON."""
        for name in _CONTENT[type(self.block)]:
            yield from leaves(getattr(self.block, name), f"/{name}", keys=self.has_names)


def passages(blocks: Iterable[Block], role: str, called: Mapping[str, str]) -> Iterator[Passage]:
    """Yield blocks with content; `role` is that of what no message holds, `called` has the tool of each call's id."""
    found = _flat(blocks, role, None, called)
    for number, (block, of, tool) in enumerate((one for one in found if type(one[0]) in _CONTENT), 1):
        yield Passage(number, block, of, tool)


def _flat(
    blocks: Iterable[Block], role: str, tool: str | None, called: Mapping[str, str]
) -> Iterator[tuple[Block, str, str | None]]:
    for block in blocks:
        match block:
            case Message():
                of = role if block.role is None else SAME_ROLES.get(block.role, block.role)
                yield from _flat(block.content, of if of in ROLES else OTHER, tool, called)
            case Instructions():
                yield from _flat(block.content, SYSTEM, tool, called)
            case Conversation():
                yield from _flat(block.messages, role, tool, called)
            case ToolResult():
                yield from _flat(block.content, TOOL, called.get(block.call_id or "", tool), called)
            case Tools():
                yield from _flat(block.tools, role, tool, called)
            case ToolCall() | Tool():
                yield block, _OF_BLOCKS[type(block)], block.name
            case _:
                yield block, _OF_BLOCKS.get(type(block), role), tool


def calls_of(blocks: Iterable[Block]) -> Iterator[ToolCall]:
    """Yield the tool calls among blocks."""
    for passage in passages(blocks, ASSISTANT, {}):
        if type(passage.block) is ToolCall:
            yield passage.block


def remember_calls(called: dict[str, str], blocks: Iterable[Block]) -> None:
    """Add which tool each call's id is of."""
    for call in calls_of(blocks):
        if call.call_id:
            called[call.call_id] = call.name


def main_value(block: Block) -> Any:
    """Return what a reader wants of a block: its one text, else its fields with content by name."""
    fields = {name: value for name in _CONTENT[type(block)] if (value := getattr(block, name)) is not None}
    return next(iter(fields.values())) if len(fields) == 1 else fields
