"""The form of a comparison of groups of runs, as `comparison.json` has it."""

from __future__ import annotations

from probe.compare.comparison import Finding, Measure, Part
from probe.compare.rules import Area, Polarity

SCHEMA = 1


class ComparedGroup(Part, frozen=True, kw_only=True):
    """The runs of one agent in one version."""

    name: str
    """Agent and version: `codex 0.98.0`."""
    runs: int
    replays: int
    """How many of the runs recordings answered: `calls` and measures are without them, unless all are replays."""
    calls: int
    """Calls of the model, as `fleet analyze` counts them."""
    models: dict[str, int]
    """Models that the work asked, each with the number of runs."""
    modes: dict[str, int]
    """`headless` or `interactive`, each with the number of runs; runs of which nothing is known are in none."""
    ends: dict[str, int]
    """How runs ended, each with the number of runs: `by itself`, `exit code 1`."""
    platforms: dict[str, int]
    """Platforms, each with the number of runs."""


class Share(Part, frozen=True, kw_only=True):
    """What only a part of the runs shows, so that it is not said to have come, gone or changed."""

    area: Area
    place: str
    """Where it is, or what: `input[].name`, `header x-app`, `event error`, `tool exec`."""
    before: tuple[int, int]
    """How many runs show it, and of how many that could."""
    after: tuple[int, int]
    unit: str = "runs"
    """What is counted: `requests` or `answers` where all runs show it, but not always."""

    @property
    def difference(self) -> float:
        """Return by how much the share of runs is larger after than before."""
        before, after = (runs / of if of else 0.0 for runs, of in (self.before, self.after))
        return after - before


class Rate(Part, frozen=True, kw_only=True):
    """How much there is of something on the whole; null where that is not known."""

    what: str
    unit: str
    """`dollars`, or `share`: 0.5 is one half."""
    before: float | None
    after: float | None


class Step(Part, frozen=True, kw_only=True):
    """What changed from one group to another."""

    before: ComparedGroup
    after: ComparedGroup
    findings: tuple[Finding, ...]
    """As those of two runs: in the order of areas, the most serious first in each; counts are runs."""
    shares: tuple[Share, ...]
    """The largest differences of shares first."""
    rates: tuple[Rate, ...]
    """Price, cache and failures, as `fleet analyze` counts them; a price is that of the calls whose price is known."""
    measures: tuple[Measure, ...]
    """Turns, tokens and times; medians are the middle of a bucket, within 7 percent."""

    def count(self, polarity: Polarity) -> int:
        """Return how many findings have a polarity."""
        return sum(one.polarity is polarity for one in self.findings)


class FleetComparison(Part, frozen=True, kw_only=True):
    """Groups of runs, each compared with the one before."""

    schema: int = SCHEMA
    """Version of this form."""
    groups: tuple[ComparedGroup, ...]
    """By agent, then in the order of versions."""
    steps: tuple[Step, ...]
    """Two neighbours of one agent each; or the two groups that were named."""
