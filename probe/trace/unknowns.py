"""Counting what renderers did not understand, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from probe.renderers.blocks import Block, Conversation, Instructions, Message, ToolResult, Unknown


class Unknowns:
    """Counts unknown blocks by what they are."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, blocks: Iterable[Block]) -> None:
        """Count the unknown blocks among blocks and within them."""
        if names := unknown_names(blocks):
            self.counts.update(names)

    def merge(self, other: Unknowns, repeated: Iterable[str]) -> None:
        """Add what another part of the record holds, but for what is repeated there and counted here already."""
        self.counts.update(other.counts)
        self.counts.subtract(repeated)


def unknown_names(blocks: Iterable[Block]) -> list[str]:
    """Return what unknown blocks among blocks and within them are."""
    return [block.what for block in every_block(blocks) if isinstance(block, Unknown)]


def every_block(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks, each with those within it behind it."""
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        if isinstance(block, ToolResult | Instructions | Message):
            found += every_block(block.content)
        elif isinstance(block, Conversation):
            found += every_block(block.messages)
    return found
