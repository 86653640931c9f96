"""What the turns of a run cost, with the reason where that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from probe.analysis.groups import PlacedTurn
from probe.analysis.prices import OWN, REPORTED, Price, Prices
from probe.analysis.retries import has_failed
from probe.analysis.totals import Totals, totals


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of all turns, failed tries included."""

    prices: Mapping[int, Price | None]
    """By index of the turn; None where it is not known."""
    totals: Totals
    unpriced: int
    """Turns that did not fail, and whose price is not known."""
    reasons: tuple[str, ...]
    """Why the price is not that of all calls, as plain text."""

    @property
    def known(self) -> bool:
        """Check whether any price is known."""
        return any(self.prices.values())

    @property
    def sources(self) -> frozenset[str]:
        """Return whose prices they are: lists, `OWN`, `REPORTED`."""
        return frozenset(price.source for price in self.prices.values() if price)

    @property
    def lists(self) -> list[str]:
        """Return whose list prices they are."""
        return sorted(self.sources - {REPORTED, OWN})


def costs_of(turns: Iterable[PlacedTurn], prices: Prices) -> Costs:
    """Return what turns cost."""
    priced = [(turn, prices.of(turn.facts)) for turn in turns]
    unpriced = [turn.facts for turn, price in priced if price is None and not has_failed(turn.facts)]
    failed = sum(price is None and has_failed(turn.facts) for turn, price in priced)
    reasons = prices.reasons(unpriced)
    if failed:
        calls = "1 failed call" if failed == 1 else f"{failed:,} failed calls"
        reasons.append("no call was answered" if failed == len(priced) else f"{calls} not counted")
    return Costs(
        prices={turn.index: price for turn, price in priced},
        totals=totals(priced),
        unpriced=len(unpriced),
        reasons=tuple(reasons),
    )
