"""What `fleet compare` writes, in which order versions come, and which groups are compared."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from probe.compare.markdown import NONE
from probe.errors import UserError
from probe.fleet.compared import DATA, MARKDOWN, compare_fleet, comparison_documents, fails, summary_line
from probe.fleet.comparison import FleetComparison
from probe.fleet.comparison_markdown import markdown_of
from probe.fleet.named_group import named
from probe.fleet.schemas import fleet_comparison_schema
from probe.fleet.statistics import FleetStatistics
from probe.fleet.summarize import summary_of
from probe.places import PROJECT
from probe.record.agent_versions import group_name, version_key
from tests.compare.comparing import SAMPLES, Recording
from tests.conftest import GOLDEN
from tests.fleet_report.groups import Fleet, each_body, statistics_of
from tests.fleet_report.planted import Day, day_of, fleet

SCHEMA = PROJECT / "docs" / "fleet-comparison.schema.json"


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> FleetComparison:
    """Compare three versions: one that differs in little, and one with another protocol."""
    found = Fleet(tmp_path_factory.mktemp("fleet"))
    found.add("codex-cli 0.98.0", "codex/tool-loop", 12)
    found.add("codex-cli 0.99.0", "codex/tool-loop", 7, each_body(lambda body: body.update(fancy="| `new`")))
    found.add("codex-cli 0.99.0", "codex/tool-loop", 1, each_body(lambda body: body.pop("store")))
    found.add("codex-cli 0.169.0", "codex/tool-loop-websocket", 9)
    return found.compared()


def test_the_markdown_is_the_golden_one(comparison: FleetComparison, golden: Callable[..., None]) -> None:
    golden(GOLDEN / "fleet_report" / "comparison.md", markdown_of(comparison), _without_prices)


def _without_prices(text: str) -> str:
    """Take out prices: those of the price library change with its version."""
    text, rows = re.subn(r"(?m)^\| list price of a run \| .*\n", "", text)
    assert rows
    return text


def test_the_json_fits_its_form(comparison: FleetComparison) -> None:
    data = dict(comparison_documents(comparison))[DATA]
    assert msgspec.json.decode(data, type=FleetComparison, strict=True) == comparison


def test_the_schema_is_the_one_of_the_source(golden: Callable[[Path, str], None]) -> None:
    golden(SCHEMA, json.dumps(fleet_comparison_schema(), indent=2, ensure_ascii=False) + "\n")


def test_versions_follow_each_other_by_their_numbers(comparison: FleetComparison) -> None:
    steps = [(step.before.name, step.after.name) for step in comparison.steps]
    assert steps == [("codex 0.98.0", "codex 0.99.0"), ("codex 0.99.0", "codex 0.169.0")]
    assert [group.runs for group in comparison.groups] == [12, 8, 9]


ORDER = [
    "claude-code 1.0.9 (Claude Code)",
    "claude-code 1.0.10 (Claude Code)",
    "codex",
    "codex codex-cli 0.9.0",
    "codex codex-cli 0.10.0-alpha.2",
    "codex codex-cli 0.10.0-alpha.10",
    "codex codex-cli 0.10.0rc1",
    "codex codex-cli 0.10.0",
    "codex codex-cli 0.10.0+build.7",
    "codex codex-cli 0.10.1",
    "codex codex-cli 1.0",
    "codex codex-cli 2026.11.22",
]


def test_the_order_of_versions_is_not_that_of_the_alphabet() -> None:
    shuffled = ORDER.copy()
    random.Random(7).shuffle(shuffled)
    assert sorted(shuffled, key=version_key) == ORDER


NAMES = {
    "codex codex-cli 0.98.0": "codex 0.98.0",
    "claude-code 2.1.0 (Claude Code)": "claude-code 2.1.0 (Claude Code)",
    "codex": "codex (version not known)",
}


@pytest.mark.parametrize(("name", "short"), NAMES.items())
def test_a_group_is_called_by_agent_and_version(name: str, short: str) -> None:
    assert group_name(name) == short


MEANT = {
    "codex@0.9.0": "codex codex-cli 0.9.0",
    "codex@codex-cli 0.10.0": "codex codex-cli 0.10.0",
    "claude-code": "claude-code 1.0.10 (Claude Code)",
}


@pytest.mark.parametrize(("word", "name"), MEANT.items())
def test_a_word_names_a_version_or_the_newest_one(word: str, name: str) -> None:
    assert named(ORDER, word) == name


def test_a_word_that_names_no_group_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"codex@0\.9\.1") as error:
        named(ORDER, "codex@0.9.1")
    assert "codex@0.9.0" in str(error.value)


def named_groups(before: str | None, after: str | None) -> list[tuple[str, str]]:
    """Return which groups are compared."""
    found = fleet({name: [Day(day_of(0))] for name in ORDER})
    return [(step.before.name, step.after.name) for step in compare_fleet(found, before, after).steps]


def test_two_versions_that_are_named_are_compared_alone() -> None:
    assert named_groups("codex@0.9.0", "codex@1.0") == [("codex 0.9.0", "codex 1.0")]


def test_two_agents_that_are_named_are_compared_by_their_newest_versions() -> None:
    assert named_groups("claude-code", "codex") == [("claude-code 1.0.10 (Claude Code)", "codex 2026.11.22")]


def test_one_name_is_not_enough() -> None:
    with pytest.raises(UserError, match="--before and --after"):
        named_groups("codex@0.9.0", None)


SAME = {"one word twice": ("codex", "codex"), "two words for one group": ("codex", "codex@2026.11.22")}


@pytest.mark.parametrize("words", SAME.values(), ids=SAME.keys())
def test_a_group_is_not_compared_with_itself(words: tuple[str, str]) -> None:
    with pytest.raises(UserError, match="nothing to compare") as error:
        named_groups(*words)
    assert error.value.code == 2


def test_what_was_found_is_counted_in_one_line(comparison: FleetComparison) -> None:
    assert summary_line(comparison) == "3 versions, 2 comparisons: 14 breaking, 15 notable, 2 info; 2 in some runs"


def test_agents_and_runs_of_an_unknown_version_are_not_mixed() -> None:
    steps = named_groups(None, None)
    assert len(steps) == 1 + 8
    assert not [one for one, other in steps if one.split()[0] != other.split()[0] or "codex" in (one, other)]


def test_a_fleet_of_one_version_has_nothing_to_compare() -> None:
    found = compare_fleet(fleet({"codex 1.0": [Day(day_of(0))]}))
    assert found.steps == ()
    assert "no two versions" in dict(comparison_documents(found))[MARKDOWN]
    assert compare_fleet(FleetStatistics()).groups == ()


LIMITS = {None: False, "breaking": False, "notable": True, "any": True}


def test_a_limit_fails_where_a_finding_is_as_serious(tmp_path: Path) -> None:
    found = Fleet(tmp_path)
    found.add("codex-cli 0.98.0", "codex/tool-loop", 3)
    found.add("codex-cli 0.99.0", "codex/tool-loop", 3, each_body(lambda body: body["reasoning"].update(effort="low")))
    compared = found.compared()
    assert {limit: fails(compared, limit) for limit in LIMITS} == LIMITS


def test_a_step_without_findings_is_one_line(tmp_path: Path) -> None:
    found = Fleet(tmp_path)
    found.add("codex-cli 0.98.0", "codex/tool-loop", 3)
    found.add("codex-cli 0.99.0", "codex/tool-loop", 3)
    step = found.step()
    text = markdown_of(FleetComparison(groups=(step.before, step.after), steps=(step,)))
    assert f"**{NONE}**" in text
    assert "In some runs" not in text


def test_counts_are_explained_where_there_are_any(comparison: FleetComparison) -> None:
    step = comparison.steps[1]
    moved = next(one for one in step.findings if one.kind == "tools-moved" and not one.evidence)
    for findings, explained in ((step.findings, True), ((moved,), False)):
        steps = (msgspec.structs.replace(step, findings=findings, shares=()),)
        text = markdown_of(FleetComparison(groups=comparison.groups, steps=steps))
        assert ("so many runs show it" in text) is explained


def test_how_runs_ended_is_there_where_not_all_ended_by_themselves(tmp_path: Path) -> None:
    def failed(recording: Recording) -> None:
        recording.manifest["agent_exit_code"] = 3

    found = Fleet(tmp_path)
    found.add("codex-cli 0.98.0", "codex/tool-loop", 3)
    found.add("codex-cli 0.99.0", "codex/tool-loop", 2)
    found.add("codex-cli 0.99.0", "codex/tool-loop", 1, failed)
    text = markdown_of(found.compared())
    assert "| ends | by itself | by itself (2 of 3), exit code 3 (1 of 3) |" in text


def as_replay(recording: Recording) -> None:
    recording.manifest["replay_of"] = "codex/tool-loop"


def test_replays_are_counted_apart_and_in_no_number(tmp_path: Path) -> None:
    found = Fleet(tmp_path)
    found.add("codex-cli 0.98.0", "codex/tool-loop", 3)
    found.add("codex-cli 0.99.0", "codex/tool-loop", 2)
    found.add("codex-cli 0.99.0", "codex/tool-loop-websocket", 3, as_replay)
    found.add("codex-cli 0.100.0", "codex/tool-loop", 2, as_replay)
    reported = {one.name: one.numbers.calls for one in summary_of(found.statistics).groups if not one.is_replayed}
    compared = found.compared()
    assert [(one.runs, one.replays, one.calls) for one in compared.groups] == [(3, 0, 6), (5, 3, 4), (2, 2, 4)]
    assert reported == {one.name: one.calls for one in compared.groups[:2]}
    for step in compared.steps:
        turns = next(one for one in step.measures if one.what == "turns of a run")
        assert [turns.before.n, turns.after.n] == [one.runs - one.replays or 2 for one in (step.before, step.after)]
        assert turns.before.high == turns.after.high == 2
    text = markdown_of(compared)
    assert "**5 of 10 runs got recorded answers.**" in text
    assert "| replays of recordings | 0 | 3 |" in text


def test_prices_and_failures_are_those_of_the_report() -> None:
    days = {
        "codex 1.0": [Day(day_of(0), errors=1, cached=50)],
        "codex 2.0": [Day(day_of(1), nano_dollars=0, knows_outcomes=False)],
    }
    found = fleet(days)
    for group in found.groups.values():
        group.sides.counts["numbers"]["runs"] = group.runs
    (step,) = compare_fleet(found).steps
    assert [(one.what, one.before, one.after) for one in step.rates] == [
        ("list price of a run", 0.02, None),
        ("input from the cache", 0.5, 0.5),
        ("failed exchanges", 0.02, 0.0),
        ("failed calls of tools", 0.033333, None),
    ]
    text = markdown_of(FleetComparison(groups=(step.before, step.after), steps=(step,)))
    assert r"| list price of a run | \$0.0200 | – |" in text
    assert "| failed calls of tools | 3.3% | – |" in text


def test_two_agents_are_compared_as_two_versions_are() -> None:
    found = FleetStatistics()
    for sample in ("codex/tool-loop", "demo/sample"):
        found.merge(statistics_of(SAMPLES / sample))
    (step,) = compare_fleet(found, "codex", "demo").steps
    kinds = {one.kind for one in step.findings}
    assert {"tools-removed", "tools-added", "model-changed", "header-removed"} <= kinds
