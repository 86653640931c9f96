"""The tree by which aggregates are added up: chunks of runs, then groups of at most 16, up to one root.

Every node is stored under a hash of all that it is made of, so whoever needs it again finds it, whatever else changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from probe.fleet.chunks import chunks_of, cut

FAN_IN = 16
_LEAST = 6
_KEY = 40
"""Hexadecimal digits of a key: 160 bits."""


class Place(NamedTuple):
    """Where a node is: level 0 has the chunks."""

    level: int
    number: int


def key_of(kind: str, parts: Iterable[str]) -> str:
    """Return the name of what is made of some parts."""
    return sha256("\0".join((kind, *parts)).encode()).hexdigest()[:_KEY]


def levels_of(runs: Sequence[str]) -> list[list[range]]:
    """Return the shape of the tree over sorted runs: for each level, the ranges of the one below; the last has one."""
    levels = [chunks_of(runs)]
    names = runs
    while len(levels[-1]) > 1:
        # A node is named after its first run, so that groups stay as they were where runs are added elsewhere.
        names = [names[one.start] for one in levels[-1]]
        small = len(names) <= FAN_IN
        levels.append([range(len(names))] if small else cut(names, _LEAST, FAN_IN, str(len(levels))))
    return levels


class Tree:
    """Which nodes are still to be made, and in what order."""

    def __init__(
        self, runs: Sequence[str], keys: Sequence[str], nodes: Collection[str], chunks: Collection[str]
    ) -> None:
        """`nodes` and `chunks` are the keys of what need not be made again."""
        self.levels = levels_of(runs)
        self._run_keys = keys
        self._keys = [[self._chunk_key(one) for one in self.levels[0]]]
        for ranges in self.levels[1:]:
            self._keys.append([key_of("node", self._keys[-1][one.start : one.stop]) for one in ranges])
        self._parents = [[at for at, one in enumerate(ranges) for _ in one] for ranges in self.levels[1:]]
        self._waiting: dict[Place, int] = {}
        """Nodes that are not made yet, and how many of the nodes below them are not."""
        self._ready: deque[Place] = deque()
        self._need(Place(len(self.levels) - 1, 0), (chunks, *[nodes] * len(self.levels)))

    def _chunk_key(self, one: range) -> str:
        return key_of("chunk", self._run_keys[one.start : one.stop])

    def _need(self, place: Place, stored: Sequence[Collection[str]]) -> bool:
        """Note what has to be made for a node; return whether it has to be itself."""
        below = sum([self._need(one, stored) for one in self.children(place)])
        if not below and self.key(place) in stored[place.level]:
            return False
        self._waiting[place] = below
        if not below:
            self._ready.append(place)
        return True

    def children(self, place: Place) -> Iterator[Place]:
        """Yield the nodes below one; a chunk has none."""
        if place.level:
            for number in self.levels[place.level][place.number]:
                yield Place(place.level - 1, number)

    def key(self, place: Place) -> str:
        """Return the key of a node."""
        return self._keys[place.level][place.number]

    @property
    def root(self) -> str:
        """Return the key of the node that has all runs."""
        return self._keys[-1][0]

    @property
    def chunks(self) -> list[str]:
        """Return the keys of all chunks."""
        return self._keys[0]

    @property
    def nodes(self) -> set[str]:
        """Return the keys of all nodes."""
        return {key for keys in self._keys for key in keys}

    @property
    def missing(self) -> list[Place]:
        """Return the nodes that are not made yet."""
        return list(self._waiting)

    def next(self) -> Place | None:
        """Return a node that can be made now and was not returned yet; None where there is none at the moment."""
        return self._ready.popleft() if self._ready else None

    def rename(self, place: Place, parts: Iterable[str]) -> None:
        """Change the key of a chunk that is not made yet: it is made of something else."""
        self._keys[0][place.number] = key_of("chunk", parts)

    def made(self, place: Place) -> None:
        """Note that a node is stored."""
        del self._waiting[place]
        if place.level + 1 == len(self.levels):
            return
        above = Place(place.level + 1, self._parents[place.level][place.number])
        self._waiting[above] -= 1
        if not self._waiting[above]:
            # The nodes below may be made of something else than was planned.
            self._keys[above.level][above.number] = key_of("node", map(self.key, self.children(above)))
            self._ready.appendleft(above)
