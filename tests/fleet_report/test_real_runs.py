"""Documents of many recorded runs: the same whatever the order of merges, and the same findings as of two runs."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from probe.compare.comparison import Finding
from probe.compare.rules import Area
from probe.fleet.compared import MARKDOWN, compare_fleet, comparison_documents, step_between
from probe.fleet.paired_sides import Group
from probe.fleet.report import analysis_documents
from probe.fleet.statistics import FleetStatistics
from probe.protocol.describing import described
from tests.compare.comparing import SAMPLES, compare
from tests.conftest import GOLDEN
from tests.fleet_report.groups import statistics_of
from tests.support import bundled

BEFORE, AFTER = "codex/tool-loop", "codex/tool-loop-websocket"


def documents(data: bytes) -> list[tuple[str, str]]:
    """Return all documents of a fleet, from its bytes."""
    found = analysis_documents(FleetStatistics.from_bytes(data))
    return [*found, *comparison_documents(compare_fleet(FleetStatistics.from_bytes(data)))]


def merged(parts: Sequence[bytes]) -> bytes:
    """Return the sum of parts, as a tree of threes."""
    if len(parts) == 1:
        return parts[0]
    third = max(1, len(parts) // 3)
    whole = FleetStatistics()
    for begin in range(0, len(parts), third):
        whole.merge(FleetStatistics.from_bytes(merged(parts[begin : begin + third])))
    return whole.to_bytes()


def test_the_documents_of_bundled_runs_do_not_depend_on_the_order() -> None:
    runs = [statistics_of(SAMPLES / name).to_bytes() for name in bundled.RECORDS] * 2
    expected = documents(merged(runs))
    random.Random(3).shuffle(runs)
    assert documents(merged(runs)) == expected
    report = dict(expected)
    assert report["report.md"].startswith("# 8 runs of 2 agents")
    assert "codex 0.98.0 → codex 0.169.0" in report[MARKDOWN]


def _places(findings: Sequence[Finding]) -> set[tuple[str, str]]:
    """Return what is found but for turns and conditions, which two runs alone have.

    Optional members that differ in how many requests have them are one finding where they are counted in runs.
    """
    found = [one for one in findings if one.area not in (Area.TURNS, Area.CONDITIONS)]
    return {(one.kind, one.place if one.kind != "sent-field-added" else "") for one in found}


def test_one_run_of_each_version_has_the_findings_of_two_runs(tmp_path: Path) -> None:
    groups = []
    for sample in (BEFORE, AFTER):
        ((name, group),) = statistics_of(SAMPLES / sample).groups.items()
        groups.append(Group(name, group.sides, described(group.protocol), group.real))
    step = step_between(*groups)
    of_two = compare(SAMPLES / BEFORE, SAMPLES / AFTER, tmp_path / "it.json")
    assert _places(step.findings) == _places(of_two.findings)
    assert step.shares == ()


@pytest.mark.slow
def test_recorded_runs_of_every_api_are_written_in_any_order(tmp_path: Path) -> None:
    runs = []
    for number, record in enumerate(sorted(GOLDEN.glob("*/*.jsonl"))):
        folder = tmp_path / record.parent.name / f"run-{number}"
        folder.mkdir(parents=True)
        (folder / "traffic.jsonl").write_bytes(record.read_bytes())
        # Four versions of each API, and records of many kinds in each of them.
        manifest = {"versions": {"agent": f"cli {number % 4}.0"}, "started": f"2026-11-{1 + number % 28:02}T10:00:00Z"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        runs.append(statistics_of(folder).to_bytes())
    assert len(runs) > 80
    expected = documents(merged(runs))
    random.Random(5).shuffle(runs)
    assert documents(merged(runs)) == expected
    assert documents(merged([merged(runs[:40]), merged(runs[40:])])) == expected
