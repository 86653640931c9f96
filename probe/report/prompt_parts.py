"""The anatomy of an agent's prompt: how much of its instructions and tools is fixed, and what changes between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from probe.analysis.findings import Findings
from probe.analysis.groups import PlacedTurn
from probe.renderers.blocks import Message, Tool, Tools
from probe.slots.anatomy import SlotUse, anatomy_of, summed
from probe.slots.slots import Slots
from probe.trace.context import ContextKind
from probe.trace.items import NewItem

PARTS = (ContextKind.INSTRUCTIONS, ContextKind.TOOLS)


class PromptPart(msgspec.Struct, frozen=True, kw_only=True):
    """The instructions, or the tools, of one request."""

    kind: ContextKind
    turn: int
    """Index of the turn that sent them: that with most of them."""
    size: int
    """Bytes."""
    request: int
    """Bytes of all that the request is made of."""
    tokens: int | None
    """Its part of the reported input, divided as the bytes are; None where that was not reported."""
    slots: tuple[SlotUse, ...]

    @property
    def fixed(self) -> int:
        """Return the bytes that are no slot; the size of what is a part of a message is about right."""
        return max(0, self.size - sum(one.size for one in self.slots))


class PromptSlots:
    """The slots of items that are instructions or tools, found while their content is at hand."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.found: dict[int, tuple[SlotUse, ...]] = {}
        """By number of the item."""

    def add(self, new: Sequence[NewItem]) -> None:
        """Find the slots of new items."""
        for item in new:
            if any(kind in PARTS for kind, _ in item.known.context):
                self.found[item.known.number] = anatomy_of(_part_of(item), self._slots)

    def merge(self, found: Mapping[int, tuple[SlotUse, ...]], moved: Sequence[int]) -> None:
        """Add the items of another part of the record; `moved` has the number here of each of them."""
        for number, uses in found.items():
            self.found.setdefault(moved[number], uses)


def _part_of(item: NewItem) -> Any:
    """Return what of an item is instructions or tools: of a message with results of tools too, the tools alone."""
    if len(item.known.context) == 1:
        return item.value
    messages = (block for block in item.blocks if type(block) is Message)
    content = next((message.content for message in messages), item.blocks)
    offered = [one for block in content if type(block) is Tools for one in block.tools]
    return [one.definition for one in [*offered, *content] if type(one) is Tool]


def prompt_parts(findings: Findings, found: Mapping[int, tuple[SlotUse, ...]]) -> list[PromptPart]:
    """Return instructions and tools of the turn that sent most of them, one of the work if any of it did."""
    # Over a WebSocket, a warm-up may send what the work goes on from.
    sending = [one for one in findings.work if any(_sizes(findings, one))] or [one.turn for one in findings.turns]
    if not sending:
        return []
    turn = max(sending, key=lambda one: sum(_sizes(findings, one)))
    return [
        _part(findings, turn, kind, size, found)
        for kind, size in zip(PARTS, _sizes(findings, turn), strict=True)
        if size
    ]


def _part(
    findings: Findings, turn: PlacedTurn, kind: ContextKind, size: int, found: Mapping[int, tuple[SlotUse, ...]]
) -> PromptPart:
    context = findings.contexts[turn.index]
    items = [number for number in turn.facts.items if any(one is kind for one, _ in findings.item_contexts[number])]
    return PromptPart(
        kind=kind,
        turn=turn.index,
        size=size,
        request=sum(context.sizes.values()),
        tokens=context.tokens.get(kind) if context.tokens else None,
        slots=summed(use for number in items for use in found.get(number, ())),
    )


def _sizes(findings: Findings, turn: PlacedTurn) -> list[int]:
    context = findings.contexts.get(turn.index)
    return [context.sizes.get(kind, 0) if context else 0 for kind in PARTS]
