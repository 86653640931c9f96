"""What the bytes of a request are: instructions, tools, the user's words, results of tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from probe.renderers.api import Kind
from probe.renderers.blocks import (
    Block,
    CacheBreakpoint,
    Encrypted,
    Media,
    Message,
    Note,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.trace.features import SYSTEM_ROLES
from probe.trace.injected import injected_as


class ContextKind(StrEnum):
    """What a part of a request is to its reader."""

    INSTRUCTIONS = "instructions"
    TOOLS = "tools"
    """Definitions of tools."""
    USER = "user"
    """Words of the user."""
    TASK = "task"
    """What a sub-agent was asked by the model that started it."""
    INJECTED = "injected"
    """What the agent's harness put among the user's words, or behind them in the name of the system."""
    ASSISTANT = "assistant"
    """What the model said before."""
    REASONING = "reasoning"
    TOOL_CALLS = "tool_calls"
    TOOL_RESULTS = "tool_results"
    MEDIA = "media"
    SETTINGS = "settings"
    OTHER = "other"


Sizes = tuple[tuple[ContextKind, int], ...]
"""Bytes by what they are; each kind is there once."""

_OF_ITEMS = {
    Kind.SETTING: ContextKind.SETTINGS,
    Kind.INSTRUCTIONS: ContextKind.INSTRUCTIONS,
    Kind.TOOL: ContextKind.TOOLS,
}
_OF_BLOCKS: dict[type, ContextKind] = {
    ToolCall: ContextKind.TOOL_CALLS,
    ToolResult: ContextKind.TOOL_RESULTS,
    Reasoning: ContextKind.REASONING,
    Encrypted: ContextKind.REASONING,
    Refusal: ContextKind.ASSISTANT,
    Media: ContextKind.MEDIA,
    Tools: ContextKind.TOOLS,
    Tool: ContextKind.TOOLS,
}
_OF_ROLES = {
    "user": ContextKind.USER,
    "assistant": ContextKind.ASSISTANT,
    "model": ContextKind.ASSISTANT,
    "tool": ContextKind.TOOL_RESULTS,
}
_BESIDE = (Settings, CacheBreakpoint, Note)
"""Blocks of what surrounds the content of a message: ids, names, marks."""


def context_of(kind: Kind, blocks: Sequence[Block], size: int) -> Sizes:
    """Return what the bytes of an item are. Those of its JSON's own form go with the largest part of its content."""
    known = _OF_ITEMS.get(kind)
    message = next((block for block in blocks if type(block) is Message), None)
    if known is None and message is not None and message.role in SYSTEM_ROLES:
        known = ContextKind.TOOLS if _are_tools(message.content) else ContextKind.INSTRUCTIONS
    if known is not None:
        return ((known, size),)
    parts = _parts(message.content if message else blocks, message.role if message else None)
    found = {part for part, _ in parts}
    if len(found) < 2:
        return ((found.pop() if found else ContextKind.OTHER, size),)
    weights: dict[ContextKind, int] = {}
    for part, block in parts:
        weights[part] = weights.get(part, 0) + _weight(block)
    return divided(weights, size)


def answer_context(blocks: Iterable[Block]) -> Sizes:
    """Return about how many bytes the parts of an answer have, for a request that goes on from it."""
    weights: dict[ContextKind, int] = {}
    for part, block in _parts(tuple(blocks), "assistant"):
        weights[part] = weights.get(part, 0) + _weight(block)
    return tuple(weights.items())


def divided(weights: Mapping[ContextKind, int], size: int) -> Sizes:
    """Divide a number by weights; what is left over goes to the heaviest."""
    total = sum(weights.values()) or 1
    shares = {kind: size * weight // total for kind, weight in weights.items()}
    heaviest = max(weights, key=lambda kind: weights[kind])
    shares[heaviest] += size - sum(shares.values())
    return tuple((kind, share) for kind, share in shares.items() if share)


def _are_tools(content: Sequence[Block]) -> bool:
    """Check whether a message only brings tools."""
    shown = [block for block in content if type(block) not in _BESIDE]
    return bool(shown) and all(type(block) in (Tools, Tool) for block in shown)


def _parts(content: Sequence[Block], role: str | None) -> list[tuple[ContextKind, Block]]:
    """Return what the blocks of a message are; media within results of tools count as media."""
    found: list[tuple[ContextKind, Block]] = []
    beside_text = any(type(block) is Text for block in content)
    for block in content:
        if type(block) is ToolResult and any(type(inner) is Media for inner in block.content):
            media = [inner for inner in block.content if type(inner) is Media]
            rest = tuple(inner for inner in block.content if type(inner) is not Media)
            found += [(ContextKind.MEDIA, inner) for inner in media]
            found += [(ContextKind.TOOL_RESULTS, inner) for inner in rest]
        elif type(block) not in _BESIDE:
            found.append((_kind(block, role, beside_text=beside_text), block))
    return found


def _kind(block: Block, role: str | None, *, beside_text: bool) -> ContextKind:
    if type(block) is Text:
        if role == "user" and injected_as(block.text):
            return ContextKind.INJECTED
        # Without a role: what agents say to each other, and Gemini's users.
        return ContextKind.USER if role is None else _OF_ROLES.get(role, ContextKind.OTHER)
    if type(block) is Encrypted and role is None:
        return ContextKind.USER if beside_text else ContextKind.OTHER
    return _OF_BLOCKS.get(type(block), ContextKind.OTHER)


def _weight(block: Block) -> int:
    """Return about how many bytes a block has in a request."""
    match block:
        case Text() | Refusal():
            return len(block.text) + 1
        case Media():
            # Base64.
            return (block.size or 0) * 4 // 3 + len(block.source or "") + 1
        case Encrypted():
            return block.characters + 1
        case Reasoning():
            return len(block.summary or "") + len(block.text or "") + (block.encrypted_characters or 0) + 1
        case ToolCall():
            return len(block.name) + _length(block.arguments)
        case ToolResult():
            return sum(map(_weight, block.content)) + 1
    return _length(msgspec.to_builtins(block))


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value) + 1
    try:
        return len(msgspec.json.encode(value))
    except UnicodeEncodeError:
        return len(repr(value))
