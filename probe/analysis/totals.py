"""Add up what turns took."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from probe.analysis.groups import PlacedTurn
from probe.analysis.prices import Price

TOKENS = ("input", "cache_read", "cache_write", "output", "reasoning", "total")
"""The fields of a usage that are added up."""


class Total(msgspec.Struct, kw_only=True):
    """What several turns took together."""

    turns: int = 0
    tokens: dict[str, int] = msgspec.field(default_factory=dict)
    """Sums of what turns report; a field that no turn reports is missing."""
    without_usage: int = 0
    """Turns without a usage: their tokens are not in the sums."""
    dollars: Decimal | None = None
    """None when no turn's price is known."""
    unpriced: int = 0
    """Turns whose price is not known: it is not in the sum."""
    at_least: bool = False

    def add(self, placed: PlacedTurn, price: Price | None) -> None:
        """Add one turn."""
        self.turns += 1
        usage = placed.facts.usage
        self.without_usage += usage is None
        for name in TOKENS:
            number = getattr(usage, name, None)
            if number is not None:
                self.tokens[name] = self.tokens.get(name, 0) + number
        self.unpriced += price is None
        if price is not None:
            self.dollars = (self.dollars or Decimal(0)) + price.dollars
            self.at_least = self.at_least or price.at_least

    def merge(self, other: Total) -> None:
        """Add what other turns took."""
        self.turns += other.turns
        for name, number in other.tokens.items():
            self.tokens[name] = self.tokens.get(name, 0) + number
        self.without_usage += other.without_usage
        self.unpriced += other.unpriced
        if other.dollars is not None:
            self.dollars = (self.dollars or Decimal(0)) + other.dollars
        self.at_least = self.at_least or other.at_least


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What a run's turns took, by model; side requests apart."""

    models: dict[tuple[bool, str | None], Total]
    """By whether they are side requests, and the model; the work first, each as they began."""
    work: Total
    side: Total
    all: Total


def totals(turns: Iterable[tuple[PlacedTurn, Price | None]]) -> Totals:
    """Add up turns with their prices."""
    models: dict[tuple[bool, str | None], Total] = {}
    for placed, price in turns:
        models.setdefault((placed.is_side, placed.facts.model), Total()).add(placed, price)
    sums = {name: Total() for name in ("work", "side", "all")}
    for (is_side, _), total in models.items():
        sums["side" if is_side else "work"].merge(total)
        sums["all"].merge(total)
    return Totals(models=dict(sorted(models.items(), key=lambda pair: pair[0][0])), **sums)
