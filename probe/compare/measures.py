"""What both runs took: numbers to look at, no findings, since one run's time and cost are noise."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from probe.analysis.prices import Prices
from probe.compare.comparison import Measure, Spread
from probe.compare.side import Numbers, Side

_WORDS = {
    "input": "input tokens",
    "cache_read": "of these from the cache",
    "cache_write": "of these written to the cache",
    "output": "output tokens",
    "reasoning": "of these for reasoning",
}


def measures(before: Side, after: Side, prices: Prices) -> tuple[Measure, ...]:
    """Return all numbers that both or one of them has."""
    one, other = before.numbers, after.numbers
    rows = [
        *((words, "tokens", *_each(one, other, name)) for name, words in _WORDS.items()),
        ("list price", "dollars", _price(one, prices), _price(other, prices)),
        ("request to first token", "seconds", spread(one.first_parts), spread(other.first_parts)),
        ("request to end of answer", "seconds", spread(one.answers), spread(other.answers)),
        ("whole run", "seconds", _sum(one.seconds), _sum(other.seconds)),
        ("sent", "bytes", _sum(one.sent), _sum(other.sent)),
        ("received", "bytes", _sum(one.received), _sum(other.received)),
    ]
    return tuple(Measure(what=what, unit=unit, before=a, after=b) for what, unit, a, b in rows if a.n or b.n)


def _each(one: Numbers, other: Numbers, name: str) -> tuple[Spread, Spread]:
    old, new = (spread(side.tokens.get(name, ()), add=True) for side in (one, other))
    return old, new


def _price(numbers: Numbers, prices: Prices) -> Spread:
    """Return the sum of the prices that are known; nothing where none is."""
    found = [price.dollars for facts in numbers.priced if (price := prices.of(facts))]
    return _sum(float(sum(found))) if found else Spread(n=0)


def _sum(number: float | None) -> Spread:
    return Spread(n=0) if number is None else Spread(n=1, total=_rounded(number))


def spread(values: Sequence[float], *, add: bool = False) -> Spread:
    """Return how values are spread; `add` where their sum means something."""
    if not values:
        return Spread(n=0)
    return Spread(
        n=len(values),
        total=_rounded(sum(values)) if add else None,
        median=_rounded(median(values)),
        low=_rounded(min(values)),
        high=_rounded(max(values)),
    )


def _rounded(number: float) -> float:
    return round(number, 6)
