"""Hand out the jobs of a fleet, and see to those that end badly."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from probe.errors import UserError
from probe.fleet.jobs import Chunk, Group, Site, UnreadableRunsError, add_up, read_chunk, read_run, result_name
from probe.fleet.listing import FleetRun
from probe.fleet.progress import Progress
from probe.fleet.tree import Place, Tree
from probe.fleet.workers import WorkerKilledError, Workers

KILLER = "the worker that reads it is killed each time"
_AHEAD = 2
"""Jobs that are handed out for each worker: one runs, the next one waits there."""
_WAIT_SECONDS = 0.5
_LOST = 64
"""Runs that may be lost before something else must be wrong."""
_ROUNDS = 5
"""How often a job is given out again after several workers died with it."""


class Driver:
    """Has every missing node of a tree made by workers.

    Where a worker dies, its scheduler gives its jobs to others, a few times. What fails then is looked into at the end,
    with nothing else under way, so that a run that kills its worker costs only itself.
    """

    def __init__(self, site: Site, runs: Sequence[FleetRun], workers: Workers, progress: Progress) -> None:
        self._site, self._runs = site, runs
        self._workers, self._progress = workers, progress
        self._lost: dict[str, str] = {}
        """Runs that could not be read, and why; they count as failed, and are tried again next time."""
        self._killed: deque[Place] = deque()
        self._rounds: Counter[Place] = Counter()
        self._under_way = 0

    def make(self, tree: Tree) -> None:
        """Make all that is missing. Raises UserError."""
        while True:
            while self._under_way < max(1, _AHEAD * self._workers.number) and (place := tree.next()):
                self._submit(tree, place)
            if self._under_way:
                self._wait(tree)
            elif self._killed:
                self._examine(tree, self._killed.popleft())
            else:
                return

    def each_chunk(self, tree: Tree, function: Callable[..., None]) -> None:
        """Run a function with every chunk. Raises UserError."""
        places = deque(Place(0, number) for number in range(len(tree.chunks)))
        while places or self._under_way:
            while places and self._under_way < max(1, _AHEAD * self._workers.number):
                self._hand_out(places[0], function, self._chunk(tree, places.popleft()))
            for ended in self._ended():
                if isinstance(ended.error, WorkerKilledError):
                    places.append(ended.tag)
                elif ended.error:
                    raise ended.error

    def _chunk(self, tree: Tree, place: Place) -> Chunk:
        runs = self._runs_of(tree, place)
        lost = {run.name: self._lost[run.name] for run in runs if run.name in self._lost}
        if lost:
            tree.rename(place, [f"lost {run.name} {lost[run.name]}" if run.name in lost else run.key for run in runs])
        return Chunk(site=self._site, key=tree.key(place), runs=runs, lost=lost)

    def _runs_of(self, tree: Tree, place: Place) -> Sequence[FleetRun]:
        one = tree.levels[0][place.number]
        return self._runs[one.start : one.stop]

    def _submit(self, tree: Tree, place: Place) -> None:
        if place.level == 0:
            self._hand_out(place, read_chunk, self._chunk(tree, place))
        else:
            children = [tree.key(one) for one in tree.children(place)]
            self._hand_out(place, add_up, Group(site=self._site, key=tree.key(place), children=children))

    def _hand_out(self, tag: Any, function: Callable[..., None], job: Any) -> None:
        self._workers.submit(tag, function, job)
        self._under_way += 1

    def _ended(self) -> Sequence[Any]:
        ended = self._workers.ended(_WAIT_SECONDS)
        self._under_way -= len(ended)
        self._progress.show(self._workers.number)
        return ended

    def _wait(self, tree: Tree) -> None:
        for place, error in self._ended():
            if error is None:
                tree.made(place)
                if place.level == 0:
                    self._progress.finished(run.name for run in self._runs_of(tree, place))
            elif isinstance(error, UnreadableRunsError):
                self._lose(error.args[0])
                self._submit(tree, place)
            elif isinstance(error, WorkerKilledError):
                self._count_round(place)
                if place.level == 0:
                    self._killed.append(place)
                else:
                    self._submit(tree, place)
            else:
                raise error

    def _examine(self, tree: Tree, place: Place) -> None:
        """Read the run that a chunk's workers died with, alone; then the chunk again."""
        chunk = self._chunk(tree, place)
        # They are read in their order, and each is stored: it is the first that is not.
        stored = self._site.store
        rest = (run for run in chunk.runs if run.name not in chunk.lost and stored.size(result_name(run)) is None)
        if run := next(rest, None):
            alone = Chunk(site=self._site, key=chunk.key, runs=[run])
            self._hand_out(place, read_run, alone)
            while not (ended := self._ended()):
                pass
            if isinstance(ended[0].error, WorkerKilledError):
                self._lose({run.name: KILLER})
                self._rounds[place] = 0
            # Any other error is met again with the chunk.
        self._submit(tree, place)
        while self._under_way:
            self._wait(tree)

    def _lose(self, runs: dict[str, str]) -> None:
        self._lost |= runs
        if len(self._lost) > _LOST:
            name, why = next(iter(self._lost.items()))
            raise UserError(
                f"{len(self._lost)} runs cannot be read; the first is {name}: {why}",
                "see to the cause, then call the same command again: what was read before counts",
                code=1,
            )

    def _count_round(self, place: Place) -> None:
        self._rounds[place] += 1
        if self._rounds[place] > _ROUNDS:
            raise UserError(
                "workers are killed again and again, whatever they do",
                "see why they end: with too little memory for each, start fewer with --workers",
                code=1,
            )
