"""Counts in nested objects that are added up, exactly and whatever the order, and never grow without end.

Where there are too many keys, those with the smallest hashes are kept: a key that is kept in the end was kept all
along, so that its count is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from probe.smallest_hashes import smallest

_V = TypeVar("_V")
Counts = dict[str, Any]
"""Numbers, or such objects, by name."""


def capped(found: dict[str, _V], most: int) -> dict[str, _V]:
    """Return at most so many members: those with the smallest hashes of their keys."""
    if len(found) <= most:
        return found
    return {key: found[key] for key in smallest(found, most)}


def add_counts(here: Counts, there: Mapping[str, Any], caps: tuple[int, ...]) -> None:
    """Add counts to others; `caps` has how many keys each level has at most."""
    for key, value in there.items():
        if len(caps) > 1:
            add_counts(here.setdefault(key, {}), value, caps[1:])
        else:
            here[key] = here.get(key, 0) + value
    if len(here) > caps[0]:
        kept = capped(here, caps[0])
        here.clear()
        here.update(kept)
