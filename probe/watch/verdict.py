"""How much a new version differs, by the rules of polarity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probe.compare.comparison import Finding
from probe.compare.rules import Area, Polarity

BREAKING, NOTABLE, ADDITIVE, INFO, NONE = "breaking", "notable", "additive", "info", "none"
LIMITS = (BREAKING, NOTABLE, ADDITIVE, "any")
"""What `--fail-on` may be, the most serious first."""
_LEVELS = (BREAKING, NOTABLE, ADDITIVE, INFO)
_EXPECTED = frozenset({"version-changed", "replay-differed"})
"""Kinds that every new version has: it is another one, and what it asks differently was not recorded so."""
_PROTOCOL = frozenset({Area.TRANSPORT, Area.HEADERS, Area.TOOLS, Area.SENT, Area.ANSWERS})
"""Areas in which something more leaves all that was there as it was."""


def level_of(one: Finding) -> str:
    """Return the level of a finding: a notable one that only adds to the protocol is additive."""
    is_addition = one.area in _PROTOCOL and one.kind.endswith("-added")
    return ADDITIVE if one.polarity is Polarity.NOTABLE and is_addition else one.polarity.value


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each level; a new version alone is none."""
    levels = [level_of(one) for one in findings if one.kind not in _EXPECTED]
    return {level: count for level in _LEVELS if (count := levels.count(level))}


def verdict_of(counts: Mapping[str, int]) -> str:
    """Return the most serious level of which there is a finding; `none` where there is nothing but information."""
    return next((level for level in _LEVELS[:-1] if counts.get(level)), NONE)


def is_drift(counts: Mapping[str, int], limit: str) -> bool:
    """Check whether there is a finding as serious as a limit; `any` is the least of limits."""
    levels = _LEVELS if limit == LIMITS[-1] else _LEVELS[: _LEVELS.index(limit) + 1]
    return any(counts.get(level) for level in levels)
