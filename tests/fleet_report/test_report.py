"""What `fleet analyze` says of many runs: the report reads from top to bottom, the JSON has its documented form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from probe.fleet.amounts import amount, bounds_words, dollars, milliseconds, share, size
from probe.fleet.remarks import KINDS, rose, shown_remarks
from probe.fleet.report import REPORT, analysis_documents, markdown_of
from probe.fleet.report_versions import SUMMARY
from probe.fleet.schemas import fleet_summary_schema
from probe.fleet.statistics import FleetStatistics
from probe.fleet.summarize import summary_of
from probe.fleet.summary import Bounds, FleetSummary, Remark
from probe.places import PROJECT
from tests.conftest import GOLDEN
from tests.fleet_report.planted import Day, day_of, fleet, hundred_thousand_runs, one_run, twenty_versions

SCHEMA = PROJECT / "docs" / "fleet-summary.schema.json"
FLEETS = {
    "one-run": one_run,
    "twenty-versions": twenty_versions,
    "a-hundred-thousand-runs": hundred_thousand_runs,
    "no-run": FleetStatistics,
}


@pytest.mark.parametrize("name", FLEETS)
def test_the_report_is_the_golden_one(name: str, golden: Callable[[Path, str], None]) -> None:
    statistics = FLEETS[name]()
    documents = dict(analysis_documents(statistics))
    golden(GOLDEN / "fleet_report" / f"{name}.md", documents[REPORT])
    summary = msgspec.json.decode(documents[SUMMARY], type=FleetSummary, strict=True)
    assert summary == summary_of(statistics)
    assert max(map(len, documents[REPORT].splitlines())) < 400
    assert len(documents[REPORT].splitlines()) < 200


def test_no_line_of_a_report_is_there_twice() -> None:
    lines = [line for line in dict(analysis_documents(twenty_versions()))[REPORT].splitlines() if line.strip("|- ")]
    assert len(lines) == len(set(lines))


def test_the_order_of_merges_does_not_matter() -> None:
    found = twenty_versions()
    again = FleetStatistics.from_bytes(found.to_bytes())
    assert analysis_documents(again) == analysis_documents(found)


def test_the_schema_is_the_one_of_the_source(golden: Callable[[Path, str], None]) -> None:
    golden(SCHEMA, json.dumps(fleet_summary_schema(), indent=2, ensure_ascii=False) + "\n")


def test_each_field_of_the_form_is_described() -> None:
    missing = {
        field
        for part in fleet_summary_schema()["$defs"].values()
        for field, schema in part["properties"].items()
        if "description" not in schema
    }
    # Names that say what it is, and are explained in the form's docstrings.
    assert missing <= {
        *("runs", "requests", "exchanges", "calls", "tool_calls", "failed_tool_calls", "input_tokens", "output_tokens"),
        *("low", "high", "median", "largest", "priced_calls", "name", "last", "numbers", "days", "tools", "hosts"),
    }


def test_texts_of_runs_cannot_break_the_report() -> None:
    hostile = "a|b`c\n# Title <script> \u202e [x](http://y)"
    found = fleet({f"{hostile} 1.0": [Day(day_of(0), tools={hostile: (9, 1)}), Day(hostile)]})
    found.failed[hostile] = hostile
    found.runs["failed"] = 1
    for measures in (group.real for group in found.groups.values()):
        for table in ("hosts", "models"):
            measures.tables[table][hostile] = {"calls": 1, "requests": 1, "runs": 1}
        measures.tables["stops"][hostile] = 1
        measures.tables["statuses"]["9" + hostile] = 1
    report = dict(analysis_documents(found))[REPORT]
    assert "<script>" not in report
    assert "\u202e" not in report
    assert [line for line in report.splitlines() if line.startswith("# ")] == report.splitlines()[:1]
    tables = [line for line in report.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} <= {3, 4, 5, 6, 7, 8, 9}
    assert not [line for line in tables if not line.endswith("|")]


class Standing(NamedTuple):
    """Days of one version, and of the next; what stands out."""

    before: list[Day]
    after: list[Day]
    kinds: list[str]


NORMAL = [Day(day_of(0)), Day(day_of(1))]
STANDING = {
    "nothing": Standing(NORMAL, [Day(day_of(2))], []),
    "a version costs more": Standing(NORMAL, [Day(day_of(2), nano_dollars=26_000_000)], ["cost-rose"]),
    "a version costs more, and some calls failed": Standing(
        [Day(day_of(0), failed_calls=3)], [Day(day_of(1), nano_dollars=26_000_000, failed_calls=2)], ["cost-rose"]
    ),
    "a version is refused more often": Standing(
        [Day(day_of(0), errors=2)], [Day(day_of(1), errors=15)], ["errors-rose"]
    ),
    "a version is refused that hardly was before, on more than one day": Standing(
        [Day(day_of(0), runs=50, errors=2)],
        [Day(day_of(1), errors=2), Day(day_of(2), errors=6), Day(day_of(3), errors=4)],
        ["errors-rose"],
    ),
    "a version is refused a little more often": Standing([Day(day_of(0), errors=2)], [Day(day_of(1), errors=4)], []),
    "a version reads less from the cache": Standing(NORMAL, [Day(day_of(2), cached=20)], ["cache-fell"]),
    "a version reads a little less from the cache": Standing(NORMAL, [Day(day_of(2), cached=45)], []),
    "a version costs a little more": Standing(NORMAL, [Day(day_of(2), nano_dollars=22_000_000)], []),
    "a version costs less": Standing(NORMAL, [Day(day_of(2), nano_dollars=2_000_000)], []),
    "a version takes more tokens, at no known price": Standing(
        [Day(day_of(0), nano_dollars=0)], [Day(day_of(1), nano_dollars=0, tokens=60_000)], ["tokens-rose"]
    ),
    "three runs are too few": Standing(NORMAL, [Day(day_of(2), runs=3, nano_dollars=90_000_000)], []),
    "errors began": Standing(NORMAL, [Day(day_of(2), errors=8)], ["errors-began"]),
    "errors were always there": Standing([Day(day_of(0), errors=8)], [Day(day_of(1), errors=8)], []),
    "one error is chance": Standing(NORMAL, [Day(day_of(2), errors=1)], []),
    "a tool fails more": Standing(NORMAL, [Day(day_of(2), tools={"exec": (30, 9)})], ["tool-fails-more"]),
    "a tool fails often": Standing(
        [Day(day_of(0), tools={"exec": (30, 9)})], [Day(day_of(1), tools={"exec": (30, 9)})], ["tool-fails"]
    ),
    "a tool that is called twice": Standing(NORMAL, [Day(day_of(2), tools={"exec": (2, 1)})], []),
    "the prompt grew": Standing(NORMAL, [Day(day_of(2), prompt=30_000)], ["prompt-grew"]),
    "answers take longer": Standing(NORMAL, [Day(day_of(2), milliseconds=2000)], ["latency-rose"]),
    "runs end with errors": Standing(NORMAL, [Day(day_of(2), runs=20, agent_failures=9)], ["failures-rose"]),
}


@pytest.mark.parametrize("standing", STANDING.values(), ids=STANDING.keys())
def test_what_stands_out_is_on_top(standing: Standing) -> None:
    found = summary_of(fleet({"codex codex-cli 0.9.0": standing.before, "codex codex-cli 0.10.0": standing.after}))
    assert [one.kind for one in found.remarks] == standing.kinds


def test_a_version_is_compared_with_the_one_before_it_and_not_with_the_one_before_in_the_alphabet() -> None:
    costs = {"0.10.0": 40_000_000, "0.8.0": 20_000_000, "0.9.0": 20_000_000}
    found = summary_of(fleet({f"codex {one}": [Day(day_of(0), nano_dollars=cost)] for one, cost in costs.items()}))
    assert [one.name for one in found.groups] == ["codex 0.8.0", "codex 0.9.0", "codex 0.10.0"]
    (remark,) = found.remarks
    assert remark.line == "a run of codex 0.10.0 costs $0.0400 on average, one of codex 0.9.0 $0.0200 (+100%)"


def test_runs_with_recorded_answers_are_apart() -> None:
    found = fleet({"codex 1.0": [Day(day_of(0), runs=7)]})
    found.merge(fleet({"codex 1.0": [Day(day_of(1), runs=5)]}, "replayed"))
    summary = summary_of(found)
    assert (summary.runs, summary.replayed_runs, summary.total.runs) == (12, 5, 7)
    assert [(one.is_replayed, one.numbers.runs) for one in summary.groups] == [(False, 7), (True, 5)]
    assert [one.numbers.runs for one in summary.days] == [7]


def test_a_fleet_of_replays_alone_has_their_numbers() -> None:
    found = fleet({"codex 1.0": [Day(day_of(1), runs=5)]}, "replayed")
    assert summary_of(found).total.runs == 5
    assert "nothing was paid" in dict(analysis_documents(found))[REPORT]


def test_of_many_remarks_each_kind_is_shown() -> None:
    found = [Remark(kind=kind, of=str(number), line="") for kind in KINDS for number in range(30)]
    shown = shown_remarks(found, 12)
    assert len(shown) == 12
    assert len({one.kind for one in shown}) >= 3
    assert shown_remarks(found[:5], 12) == found[:5]


WORDS = {
    "a small number is exact": (amount(12_345), "12,345"),
    "a large one has three digits": (amount(1_234_567), "1.23 M"),
    "of any size": (amount(123_456_789_012), "123 G"),
    "bytes": (size(999), "999 B"),
    "kilobytes": (size(45_678), "45.7 kB"),
    "a time below a second": (milliseconds(84_123), "84 ms"),
    "a time of seconds": (milliseconds(12_345_678), "12.3 s"),
    "a small price": (dollars(0.0123), "$0.0123"),
    "a large price": (dollars(12_345.678), "$12,345.68"),
    "a share": (share(3, 40), "3 (7.5%)"),
    "all": (share(40, 40), "40 (100%)"),
    "none": (share(0, 40), "0"),
    "of nothing": (share(0, 0), "–"),
    "a share that is nearly none": (share(1, 100_000), "1 (< 0.1%)"),
    "bounds": (bounds_words(Bounds(low=84_000, high=91_000), milliseconds), "84 – 91 ms"),
    "bounds that read the same": (bounds_words(Bounds(low=84_000, high=84_100), milliseconds), "84 ms"),
    "bounds around a second": (bounds_words(Bounds(low=984_000, high=1_084_100), milliseconds), "984 ms – 1.1 s"),
}


@pytest.mark.parametrize(("words", "expected"), WORDS.values(), ids=WORDS.keys())
def test_numbers_are_written_in_few_characters(words: str, expected: str) -> None:
    assert words == expected


def test_a_share_that_rose_by_chance_did_not_rise() -> None:
    assert rose((1, 100), (20, 100))
    assert not rose((1, 100), (3, 100))
    assert not rose((0, 0), (20, 100))
    assert not rose((0, 100), (0, 100))


def test_tools_of_which_nobody_knows_whether_they_failed_have_a_dash() -> None:
    quiet = Day(day_of(0), tools={"shell": (30, 0)}, knows_outcomes=False)
    found = fleet({"gemini 1.0": [quiet, quiet._replace(day=day_of(1))], "codex 1.0": [Day(day_of(0))]})
    text = markdown_of(summary_of(found))
    assert "| `shell` | 20 | 60 | – |" in text
    assert "| `exec` | 10 | 30 | 1 (3.3%) |" in text
    (row,) = (line for line in text.splitlines() if line.startswith("| gemini 1.0 | 20 | 2026"))
    assert row.endswith("| – |")
