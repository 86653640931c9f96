"""What two texts have in common: their beginning, or parts in their order."""

from __future__ import annotations

from collections.abc import Sequence


def common_start(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one.startswith(other[:middle]):
            least = middle
        else:
            most = middle - 1
    return least


def fits(text: bytes, parts: Sequence[bytes]) -> bool:
    """Check whether a text has these parts in their order, with anything between them; there are two or more."""
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
