"""Count what a renderer did not understand."""

from __future__ import annotations

from collections.abc import Iterable

from probe.renderers.blocks import Block, Conversation, Instructions, Raw, ToolResult


def count_raws(blocks: Iterable[Block]) -> int:
    """Count the raw blocks among blocks and within them; what is only repeated does not count."""
    return sum(map(_raws, blocks))


def _raws(block: Block) -> int:
    match block:
        case Raw():
            return 1
        case ToolResult() | Instructions():
            return count_raws(block.content)
        case Conversation(brief=False):
            return sum(count_raws(entry.content) for entry in block.entries)
    return 0
