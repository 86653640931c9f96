"""Integers of which the number, the sum, the ends and about where the middle is are kept; they add up exactly.

A bucket is as wide as an eighth of the power of two below its numbers, so that a bound is within 12.5 percent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

_STEPS = 8
_MOST = 1 << 40
"""What is larger counts as this: sums of many such have to fit into 64 bits."""


class Histogram:
    """Integers of 0 and more."""

    __slots__ = ("buckets", "largest", "number", "smallest", "total")

    def __init__(self) -> None:
        self.number = self.total = 0
        self.smallest: int | None = None
        """None before the first, as the largest."""
        self.largest: int | None = None
        self.buckets: Counter[int] = Counter()

    def add(self, number: int) -> None:
        """Add one."""
        number = max(0, min(number, _MOST))
        self.number += 1
        self.total += number
        self._widen(number, number)
        self.buckets[_bucket(number)] += 1

    def _widen(self, smallest: int, largest: int) -> None:
        self.smallest = smallest if self.smallest is None else min(self.smallest, smallest)
        self.largest = largest if self.largest is None else max(self.largest, largest)

    def merge(self, other: Histogram) -> None:
        """Add others."""
        self.number += other.number
        self.total += other.total
        if other.smallest is not None and other.largest is not None:
            self._widen(other.smallest, other.largest)
        self.buckets.update(other.buckets)

    def at(self, share: float) -> tuple[int, int] | None:
        """Return the bounds between which the number is that this share of all are not above; None of none."""
        if self.smallest is None or self.largest is None:
            return None
        before = 0
        for bucket in sorted(self.buckets):
            before += self.buckets[bucket]
            if before >= share * self.number:
                low, high = bounds(bucket)
                return max(low, self.smallest), min(high, self.largest)
        return self.largest, self.largest

    def plain(self) -> dict[str, Any]:
        """Return all as a JSON value."""
        return {
            "total": self.total,
            "smallest": self.smallest,
            "largest": self.largest,
            "buckets": {str(bucket): count for bucket, count in sorted(self.buckets.items())},
        }

    @classmethod
    def from_plain(cls, value: Mapping[str, Any]) -> Histogram:
        """Return what `plain` returned as a value."""
        found = cls()
        found.total, found.smallest, found.largest = value["total"], value["smallest"], value["largest"]
        found.buckets = Counter({int(bucket): count for bucket, count in value["buckets"].items()})
        found.number = found.buckets.total()
        return found


def _bucket(number: int) -> int:
    """Return a number's bucket: itself below 8, then 8 for each power of two."""
    shift = max(number.bit_length() - 4, 0)
    return shift * _STEPS + (number >> shift)


def bounds(bucket: int) -> tuple[int, int]:
    """Return the smallest and the largest number of a bucket."""
    shift = max(bucket // _STEPS - 1, 0)
    low = (bucket - shift * _STEPS) << shift
    return low, low + (1 << shift) - 1
