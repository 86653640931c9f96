"""What of a text is fixed, and what is a slot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from probe.slots.slots import Slots


class SlotUse(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one slot in a text, or in several."""

    slot: str
    """Its kind: cwd, date, uuid, …"""
    count: int
    """How often it is there."""
    size: int
    """Bytes of its values."""
    example: str
    """The first value."""


def anatomy_of(value: Any, slots: Slots) -> tuple[SlotUse, ...]:
    """Return the slots of a JSON value; all else of it is fixed."""
    found = slots.found(value)
    return summed(SlotUse(slot=one.slot, count=1, size=_size(one.text), example=one.text) for one in found)


def summed(uses: Iterable[SlotUse]) -> tuple[SlotUse, ...]:
    """Return uses added up by slot, in the order in which slots appear first."""
    sums: dict[str, SlotUse] = {}
    for use in uses:
        known = sums.get(use.slot)
        if known is None:
            sums[use.slot] = use
        else:
            count, size = known.count + use.count, known.size + use.size
            sums[use.slot] = SlotUse(slot=use.slot, count=count, size=size, example=known.example)
    return tuple(sums.values())


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
