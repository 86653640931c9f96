"""Keep some of many names: those with the smallest SHA-256.

Which ones they are does not depend on the order in which names come, and what is kept of all is kept of each part: so
sums of the names that are kept are exact, however parts are added up.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from hashlib import sha256
from typing import Any


def name_hash(name: str) -> bytes:
    """Return what decides whether a name is kept."""
    return sha256(name.encode("utf-8", "surrogatepass")).digest()


def smallest(names: Iterable[str], most: int) -> list[str]:
    """Return the names that are kept, sorted."""
    found = list(names)
    return sorted(found if len(found) <= most else heapq.nsmallest(most, found, key=name_hash))


def drop_beyond(found: dict[Any, Any] | set[Any], most: int) -> bool:
    """Drop all but so many entries of a mapping or a set; return whether there were more."""
    if len(found) <= most:
        return False
    keys = {str(key): key for key in found}
    for name in keys.keys() - smallest(keys, most):
        found.pop(keys[name]) if isinstance(found, dict) else found.discard(keys[name])
    return True
