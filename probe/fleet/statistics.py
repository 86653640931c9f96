"""Statistics of a fleet of runs: what its documents are made of. They add up bit for bit, whatever the order.

Everything in them is an integer, a set, a smallest or a largest one; what could grow without end keeps the entries
with the smallest hashes of their names. So equal fleets have equal bytes, however their parts were added up.
"""

from __future__ import annotations

from typing import Any

from probe.fleet.capped import Counts, add_counts, capped
from probe.fleet.measures import SUMS, Measures
from probe.fleet.plain_bytes import DamagedBytesError, from_bytes, to_bytes
from probe.fleet.sides import GroupSides
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.stored import from_plain, plain

SCHEMA = 1
MOST_GROUPS = 200
"""Agents, each version apart; of more, those with the smallest hashes are kept, and all count in `totals`."""
MOST_EXAMPLES = 20
"""Runs that are named of those that failed, or have malformed lines."""


class GroupStatistics:
    """The runs of one version of an agent."""

    __slots__ = ("protocol", "real", "replayed", "sides")

    def __init__(self) -> None:
        self.real = Measures()
        """Of runs that real APIs answered."""
        self.replayed = Measures()
        """Of runs that a recording answered: their tokens and prices are those of the recording."""
        self.protocol = ProtocolStatistics()
        """Of all runs; it names what answered in the place of a real API."""
        self.sides = GroupSides()
        """What `fleet compare` needs besides the protocol, of all runs."""

    @property
    def runs(self) -> int:
        """Return how many runs there are, replays included."""
        return self.real.number("runs") + self.replays

    @property
    def replays(self) -> int:
        """Return how many of them recordings answered."""
        return self.replayed.number("runs")

    @property
    def compared(self) -> Measures:
        """Return the numbers that are compared: those of replays only where there is nothing else."""
        return self.real if self.real.number("runs") else self.replayed

    def merge(self, other: GroupStatistics) -> None:
        """Add other runs."""
        self.real.merge(other.real)
        self.replayed.merge(other.replayed)
        self.protocol.merge(other.protocol)
        self.sides.merge(other.sides)

    def plain(self) -> list[Any]:
        """Return all as plain values."""
        return [self.real.plain(), self.replayed.plain(), plain(self.protocol), self.sides.plain()]

    @classmethod
    def from_plain(cls, value: list[Any]) -> GroupStatistics:
        """Return what `plain` made a value of; the value is its own from then on."""
        made = cls()
        real, replayed, protocol, sides = value
        made.real, made.replayed = Measures.from_plain(real), Measures.from_plain(replayed)
        made.protocol, made.sides = from_plain(protocol), GroupSides.from_plain(sides)
        return made


class FleetStatistics:
    """All runs of a fleet."""

    __slots__ = ("cut", "failed", "groups", "malformed", "runs", "totals")

    def __init__(self) -> None:
        self.groups: dict[str, GroupStatistics] = {}
        """By agent and version: `codex 0.98.0`."""
        self.cut: set[str] = set()
        """Which of `groups`, `failed` and `malformed` had more entries than are kept."""
        self.runs: Counts = {}
        """`counted`; left out: `failed`, `copies` (redacted copies of other runs)."""
        self.totals: dict[str, Counts] = {"real": {}, "replayed": {}}
        """The sums (`probe.fleet.measures.SUMS`) of all groups, those included that are not kept."""
        self.failed: dict[str, str] = {}
        """Some runs that could not be read, with the reason."""
        self.malformed: dict[str, int] = {}
        """Some runs with malformed lines, and how many each has."""

    def merge(self, other: FleetStatistics) -> None:
        """Add other runs."""
        self.cut |= other.cut
        for name, group in other.groups.items():
            self.groups.setdefault(name, GroupStatistics()).merge(group)
        add_counts(self.runs, other.runs, (len(SUMS),))
        for name, sums in other.totals.items():
            add_counts(self.totals[name], sums, (len(SUMS),))
        for run, reason in other.failed.items():
            self.failed[run] = min(reason, self.failed.get(run, reason))
        for run, lines in other.malformed.items():
            self.malformed[run] = max(lines, self.malformed.get(run, 0))
        self._bound()

    def _bound(self) -> None:
        caps = {"groups": MOST_GROUPS, "failed": MOST_EXAMPLES, "malformed": MOST_EXAMPLES}
        for name, most in caps.items():
            found = getattr(self, name)
            if len(found) > most:
                self.cut.add(name)
                setattr(self, name, capped(found, most))

    def to_bytes(self) -> bytes:
        """Return all as bytes: the same bytes for equal statistics."""
        groups = {name: group.plain() for name, group in self.groups.items()}
        return to_bytes([SCHEMA, groups, sorted(self.cut), self.runs, self.totals, self.failed, self.malformed])

    @classmethod
    def from_bytes(cls, data: bytes) -> FleetStatistics:
        """Return the statistics of which these are the bytes. Raises DamagedBytesError."""
        made = cls()
        try:
            schema, groups, cut, made.runs, made.totals, made.failed, made.malformed = from_bytes(data)
            if schema != SCHEMA:
                raise DamagedBytesError(f"schema {schema}")
            made.cut = set(cut)
            made.groups = {name: GroupStatistics.from_plain(group) for name, group in groups.items()}
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise DamagedBytesError(f"no statistics of a fleet: {error}") from error
        return made
