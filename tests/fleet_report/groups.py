"""Groups of runs made of changed samples, read as a fleet reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from probe.fleet.compared import compare_fleet
from probe.fleet.comparison import FleetComparison, Step
from probe.fleet.run_result import result_of
from probe.fleet.sides import GroupSides
from probe.fleet.statistics import FleetStatistics
from probe.record.manifest import Manifest
from probe.record.runs import Run
from tests.compare.comparing import SAMPLES, Recording

Change = Callable[[Recording], object]


def statistics_of(folder: Path) -> FleetStatistics:
    """Return what one run contributes to a fleet."""
    run = Run(folder=folder, target=folder.parent.name, manifest=Manifest.read(folder))
    result = result_of(run, None)
    assert result.failed is None
    return FleetStatistics.from_bytes(result.statistics)


def sides_of(sample: str) -> GroupSides:
    """Return what is compared of a sample besides its protocol."""
    (group,) = statistics_of(SAMPLES / sample).groups.values()
    return group.sides


def changed(folder: Path, version: str, sample: str, changes: Iterable[Change]) -> bytes:
    """Return what a sample with changes contributes; its own version becomes the given one."""
    recording = Recording(sample)
    own = recording.manifest["versions"]["agent"]
    recording.manifest["versions"]["agent"] = version
    recording.replace(own.rpartition(" ")[2], version.rpartition(" ")[2])
    for change in changes:
        change(recording)
    return statistics_of(recording.write(folder)).to_bytes()


@cache
def unchanged(version: str, sample: str, runs: int) -> bytes:
    """Return what so many runs of a sample contribute."""
    with TemporaryDirectory() as folder:
        data = changed(Path(folder) / "codex" / "run", version, sample, ())
    whole, one = FleetStatistics(), FleetStatistics.from_bytes(data)
    for _ in range(runs):
        whole.merge(one)
    return whole.to_bytes()


class Fleet:
    """Runs of several versions, made of samples."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 0
        self.statistics = FleetStatistics()

    def add(self, version: str, sample: str, runs: int, *changes: Change) -> None:
        """Add runs of a sample with changes; its own version becomes the given one."""
        self._runs += 1
        folder = self._folder / "codex" / f"run-{self._runs:03}"
        data = changed(folder, version, sample, changes) if changes else unchanged(version, sample, runs)
        found = FleetStatistics.from_bytes(data)
        for _ in range(runs if changes else 1):
            self.statistics.merge(found)

    def step(self) -> Step:
        """Return the only step of its comparison."""
        (step,) = self.compared().steps
        return step

    def compared(self) -> FleetComparison:
        """Return what changed from version to version; the statistics are used up."""
        return compare_fleet(self.statistics)


def each_body(change: Callable[[dict[str, Any]], object]) -> Change:
    """Return a change of the bodies of all requests."""

    def apply(recording: Recording) -> None:
        for body in recording.bodies:
            change(body)

    return apply


def lines(step: Step) -> Iterable[str]:
    """Return the findings in short lines."""
    return [f"{one.polarity} {one.kind} {one.place}: {one.line} ({one.evidence})" for one in step.findings]
