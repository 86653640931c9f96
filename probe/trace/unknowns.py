"""Counting what renderers did not understand, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from probe.renderers.blocks import Block, Conversation, Instructions, Message, ToolResult, Unknown

# By type: `isinstance` takes several times as long to say no for a msgspec.Struct.
_WITHIN: dict[type, Callable[[Any], tuple[Block, ...]]] = {
    **dict.fromkeys((ToolResult, Instructions, Message), attrgetter("content")),
    Conversation: attrgetter("messages"),
}
"""How to get the blocks within a block."""


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
    return [block.what for block in every_block(blocks) if type(block) is Unknown]


def every_block(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks, each with those within it behind it."""
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        within = _WITHIN.get(type(block))
        if within:
            found += every_block(within(block))
    return found
