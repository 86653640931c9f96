"""The numbers of the page are those of the runs behind each point, and no others."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from probe.errors import UserError
from probe.fleet.run_result import result_of
from probe.fleet.tables import local_tables, publish, write_chunk
from probe.store.store import store_at
from probe.targets.finding import load_target
from probe.trends import queries
from probe.trends.data import trends_of
from tests.support.bundled import BUNDLED
from tests.trends.made_tables import Call, MadeRun, many_runs, write_tables


def point(numbers: dict[str, Any], target: str, version: str | None, kind: str, period: str) -> dict[str, Any] | None:
    """Return one point; None where there is none."""
    names = [one["name"] for one in numbers["targets"]]
    if target not in names:
        return None
    place = names.index(target)
    versions = numbers["targets"][place]["versions"]
    if version is not None and version not in versions:
        return None
    wanted = (place, -1 if version is None else versions.index(version), kind, period)
    points = numbers["points"]
    keys = list(zip(points["target"], points["version"], points["kind"], points["period"], strict=True))
    if wanted not in keys:
        return None
    at = keys.index(wanted)
    found = {name: column[at] for name, column in points.items()}
    for table, columns in (("tools", ("calls", "failed")), ("errors", ("count",))):
        rows = [row for row, one in enumerate(numbers[table]["point"]) if one == at]
        found[f"by {table}"] = {
            numbers[table]["names"][numbers[table]["name"][row]]: tuple(numbers[table][name][row] for name in columns)
            for row in rows
        }
    return found


def _tools(*tools: tuple[str, bool | None]) -> tuple[Call, ...]:
    return (Call(tools=tools),)


ONE = MadeRun("codex/a")
POINTS: dict[str, tuple[list[MadeRun], dict[str, Any]]] = {
    "a median, which one long run does not move": (
        [ONE._replace(run=f"codex/{name}", input=size) for name, size in (("a", 100), ("b", 110), ("c", 900_000))],
        {"n": 3, "input": 110, "input_missing": 0},
    ),
    "of two runs the middle": ([ONE, ONE._replace(run="codex/b", output=201)], {"output": 150.5}),
    "a run without a price is not a run that is free": (
        [ONE, ONE._replace(run="codex/b", dollars=None)],
        {"n": 2, "dollars": 0.01, "dollars_missing": 1},
    ),
    "a run without usage has no tokens, and not zero of them": (
        [ONE._replace(input=0, cached=0, output=0, reasoning=0), ONE._replace(run="codex/b", input=None)],
        {"input": None, "input_missing": 2, "cached": None, "output": None},
    ),
    "nothing was read from the cache": ([ONE._replace(cached=0)], {"cached": 0, "cached_missing": 0}),
    "times of answers, in milliseconds": (
        [ONE._replace(calls=tuple(Call(first=seconds, whole=2 * seconds) for seconds in range(1, 12)))],
        {"answers": 11, "first50": 6000, "first90": 10_000, "whole50": 12_000, "whole90": 20_000},
    ),
    "times of the agent's own whole answers alone": (
        [
            ONE._replace(
                calls=(
                    Call(first=1, whole=3),
                    Call(first=50, whole=90, is_side=True),
                    Call(first=50, whole=90, failed_try=True),
                    Call(first=50, whole=90, complete=False),
                    Call(first=50, whole=90, status=500),
                    Call(first=50, whole=90, status=None),
                    Call(first=50, whole=90, problem="overloaded"),
                )
            )
        ],
        {"answers": 1, "first50": 1000, "whole90": 3000, "calls": 7},
    ),
    "an answer without content has no first token": (
        [ONE._replace(calls=(Call(first=None, whole=3),))],
        {"first50": None, "first_answers": 0, "whole50": 3000, "answers": 1},
    ),
    "how many answers the largest run has": (
        [ONE, ONE._replace(run="codex/b", calls=(Call(),) * 9)],
        {"answers": 10, "most_answers": 9, "calls": 10, "most_calls": 9},
    ),
    "calls of tools and failures, where the outcome is known": (
        [
            ONE._replace(calls=_tools(("Bash", True), ("Bash", False), ("Read", None))),
            ONE._replace(run="codex/b", calls=_tools(("Bash", None))),
        ],
        {"tool_calls": 4, "tool_known": 2, "most_tool_calls": 3, "by tools": {"Bash": (3, 1), "Read": (1, 0)}},
    ),
    "the rarest tools are added up": (
        [ONE._replace(calls=_tools(*((f"tool{place}", False) for place in range(11) for _ in range(20 - place))))],
        {"by tools": {f"tool{place}": (20 - place, 0) for place in range(8)} | {"others": (33, 0)}},
    ),
    "errors by status, incomplete answers": (
        [
            ONE._replace(
                calls=(
                    *(Call(), Call(status=101), Call(status=429, failed_try=True), Call(status=429, complete=False)),
                    *(Call(status=None, complete=False), Call(complete=False), Call(problem="overloaded")),
                )
            )
        ],
        {
            "calls": 7,
            "by errors": {"429": (2,), "no answer": (1,), "incomplete": (1,), "error in the answer": (1,)},
        },
    ),
    "the rarest kinds of error are added up": (
        [ONE._replace(calls=tuple(Call(status=400 + kind) for kind in range(10) for _ in range(20 - kind)))],
        {"by errors": {str(400 + kind): (20 - kind,) for kind in range(8)} | {"others": (23,)}},
    ),
    "instructions and tools of the first request of the agent's own": (
        [
            ONE._replace(calls=(Call(is_side=True), Call(failed_try=True), Call()), instructions=700, tools=40),
            ONE._replace(run="codex/b", instructions=900, tools=60),
        ],
        {"instructions": 800, "tools": 50, "first_input": 666.5},
    ),
    "no request, no prompt": ([ONE._replace(calls=())], {"instructions": None, "instructions_missing": 1, "calls": 0}),
}


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the numbers of all cases, each of which is a target."""
    runs = [one._replace(run=f"{case}/{one.run}") for case, (runs, _) in POINTS.items() for one in runs]
    return trends_of(write_tables(tmp_path_factory.mktemp("cases"), runs))


@pytest.mark.parametrize("case", POINTS)
def test_a_point_has(case: str, points: dict[str, Any]) -> None:
    expected = POINTS[case][1]
    found = point(points, case, ONE.agent, "all", "")
    assert found
    assert {name: found[name] for name in expected} == expected


def test_replays_are_left_out_and_counted(tmp_path: Path) -> None:
    numbers = trends_of(write_tables(tmp_path, [ONE, ONE._replace(run="codex/b", input=9, replay_of="codex/a")]))
    assert (numbers["about"]["replays"], numbers["about"]["shown"]) == (1, 1)
    assert numbers["runs"]["name"] == ["a"]
    assert set(numbers["points"]["n"]) == {1}
    assert set(numbers["points"]["input"]) == {1000}


def test_points_are_of_days_versions_and_periods(tmp_path: Path) -> None:
    runs = [
        ONE._replace(run="codex/a", day="2026-11-22"),
        ONE._replace(run="codex/b", day="2026-11-20", agent="codex 2.0.0"),
        ONE._replace(run="codex/c", day="2026-11-14"),
        ONE._replace(run="codex/d", day="2026-09-30"),
        ONE._replace(run="codex/e", day=None),
        ONE._replace(run="demo/a", day="2026-11-21", agent=None),
    ]
    numbers = trends_of(write_tables(tmp_path, runs, by_day=True))

    def runs_of(*place: Any) -> int | None:
        found = point(numbers, *place)
        return found["n"] if found else None

    one, two = ONE.agent, "codex 2.0.0"
    counts = {
        (one, "all", ""): 4, (two, "all", ""): 1,
        (one, "month", "2026-11"): 2, (one, "month", "2026-09"): 1, (one, "month", "2026-10"): None,
        (one, "recent", "30"): 2, (one, "recent", "7"): 1, (two, "recent", "7"): 1,
        (one, "day", "2026-11-22"): 1, (one, "day", "2026-11-20"): None, (None, "day", "2026-11-20"): 1,
        (None, "day", "2026-11-21"): None,
    }  # fmt: skip
    assert {place: runs_of("codex", *place) for place in counts} == counts
    assert runs_of("demo", "unknown version", "day", "2026-11-21") == 1
    assert (numbers["about"]["undated"], numbers["about"]["first_day"]) == (1, "2026-09-30")


def test_a_pattern_chooses_runs(tmp_path: Path) -> None:
    folder = write_tables(tmp_path, [ONE, ONE._replace(run="demo/b"), ONE._replace(run="demo/c")])
    found = {pattern: trends_of(folder, pattern)["runs"]["name"] for pattern in ("demo/*", "*/c")}
    assert {pattern: sorted(names) for pattern, names in found.items()} == {
        "demo/*": ["b", "c"],
        "*/c": ["c"],
    }


def test_the_numbers_of_a_real_run_are_those_of_its_report(tmp_path: Path) -> None:
    run = BUNDLED["codex/tool-loop"]
    store = store_at(tmp_path)
    write_chunk(store, "chunk", [result_of(run, load_target("codex")[0])])
    publish(store, ["chunk"], runs=1)
    numbers = trends_of(local_tables(store))
    (version,) = numbers["targets"][0]["versions"]
    found = point(numbers, "codex", version, "all", "")
    assert found
    assert (found["input"], found["cached"], found["output"], found["reasoning"]) == (2494, 1152, 99, 24)
    assert (found["first_input"], found["answers"], found["by tools"]) == (1204, 2, {"exec_command": (1, 0)})
    assert found["instructions"] == 98 + 177  # the developer's message instructs as well


def test_versions_are_in_their_order(tmp_path: Path) -> None:
    versions = ["codex 0.98.0", "codex 0.104.0-alpha.2", "codex 0.104.0", "codex 0.169.0", "codex 1.0", "codex 1.0.1"]
    mixed = [versions[place] for place in (3, 1, 4, 0, 5, 2)]
    numbers = trends_of(write_tables(tmp_path, [ONE._replace(run=f"codex/{one}", agent=one) for one in mixed]))
    assert numbers["targets"][0]["versions"] == versions


def test_only_the_newest_of_many_days_and_versions_are_in_the_page(tmp_path: Path) -> None:
    days = [(date(2024, 1, 1) + timedelta(days=place)).isoformat() for place in range(400)]
    runs = [MadeRun(f"codex/{place}", agent=f"codex {place // 4}", day=day, calls=()) for place, day in enumerate(days)]
    numbers = trends_of(write_tables(tmp_path, runs))
    assert [len(one["versions"]) for one in numbers["targets"]] == [50]
    assert numbers["targets"][0]["versions"][-1] == "codex 99"
    assert (numbers["about"]["runs"], numbers["about"]["shown"]) == (400, 200)
    assert numbers["about"]["last_day"] == days[-1]


def test_a_clock_that_was_wrong_once_takes_no_other_run_away(tmp_path: Path) -> None:
    numbers = trends_of(write_tables(tmp_path, [ONE, ONE._replace(run="codex/b", day="2090-01-01")]))
    assert numbers["about"]["shown"] == 2


def test_without_tables_the_error_names_the_command_that_writes_them(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        trends_of(tmp_path)
    assert "invoke fleet analyze" in str(raised.value.hint)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    tables = write_tables(tmp_path, [ONE, ONE._replace(run="codex/b", day="2026-11-02")], by_day=True)
    file = max((tables / "turns").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UserError, match=r"chunk\.parquet") as raised:
        trends_of(tables)
    assert "invoke fleet analyze" in str(raised.value.hint)


def test_without_duckdb_the_error_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UserError) as raised:
        trends_of(tmp_path)
    assert "duckdb is not installed" in str(raised.value)
    assert str(raised.value.hint).startswith("the extra fleet has it")


def test_the_names_in_the_page_are_those_of_the_newest_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "NAMES", queries.NAMES.replace(str(queries.RUN_NAMES), "5"))
    runs = many_runs(20, days=300)
    newest = sorted((one for one in runs if not one.replay_of), key=lambda one: (one.day or "", one.run), reverse=True)
    days = trends_of(write_tables(tmp_path, runs))["runs"]["day"]
    assert days == [one.day for one in newest[:5]]
