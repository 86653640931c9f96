"""Find how much of a history two requests have in common: agents send it again and again, and longer each time."""

from __future__ import annotations

from collections.abc import Sequence


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many numbers two sequences of the same type begin with alike.

    By comparing slices, which is many times faster than one by one, and halving what is left.
    """
    low, high = 0, min(len(first), len(second))
    if first[:high] == second[:high]:
        return high
    while low < high - 1:
        middle = (low + high) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle
    return low
