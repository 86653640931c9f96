"""Find what changed within a setting that is an object: agents send ids and times in one that is new on every turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

DROPPED = object()
"""The value of a member that is gone."""


def changed_members(name: str, old: Any, new: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and new value of what changed; what is no object before and now counts as one value."""
    before, after = _object(old), _object(new)
    if before is None or after is None:
        if old != new:
            yield name, new
        return
    for key, value in after.items():
        if key in before:
            yield from changed_members(f"{name}.{key}", before[key], value)
        else:
            yield f"{name}.{key}", value
    yield from ((f"{name}.{key}", DROPPED) for key in before if key not in after)


def _object(value: Any) -> dict[str, Any] | None:
    """Return an object, or what is one within a text."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None
