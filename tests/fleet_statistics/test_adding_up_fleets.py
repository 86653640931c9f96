"""Statistics of a fleet have the same bytes in whatever order and as whatever tree its runs are added up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.fleet.measures import CAPS, HISTOGRAMS, SUMS
from probe.fleet.run_result import result_of
from probe.fleet.statistics import FleetStatistics, GroupStatistics
from tests.fleet_statistics.pieces import added_up, low_limits, protocols
from tests.fleet_statistics.runs import LINES, write_run

NUMBER = st.integers(0, 1 << 40)
SUMMED = st.dictionaries(st.sampled_from(sorted(SUMS)), NUMBER, max_size=3)
WORD = st.sampled_from("abcd")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The statistics of runs with one to three exchanges, of two versions, one of them a replay."""
    data = tmp_path_factory.mktemp("data")
    found = []
    for number in range(len(LINES)):
        lines = [*LINES[number : number + 1 + number % 3], *([b"{}\n"] if number == 2 else [])]
        facts: dict[str, Any] = {
            "versions": {"agent": f"1.{number % 2}"},
            "started": f"2026-11-{20 + number}T10:00:00Z",
        }
        facts |= {"replay_of": "demo/sample"} if number % 4 == 3 else {}
        found.append(result_of(write_run(data / "demo" / f"r{number}", lines, **facts), None).statistics)
    return found


@st.composite
def fleets(draw: Callable[[Any], Any]) -> FleetStatistics:
    """Return statistics of a few runs that were never recorded."""
    made = FleetStatistics()
    kind = draw(st.sampled_from(["real", "replayed"]))
    group = GroupStatistics()
    group.protocol = draw(protocols())
    measures = getattr(group, kind)
    for name, caps in CAPS.items():
        measures.tables[name] = draw(SUMMED if len(caps) == 1 else st.dictionaries(WORD, SUMMED, max_size=3))
    for name in HISTOGRAMS:
        for number in draw(st.lists(NUMBER, max_size=2)):
            measures.histograms[name].add(number)
    day = draw(st.sampled_from([None, "2026-11-20", "2026-11-22"]))
    measures.seen(day, day)
    made.groups[draw(WORD)], made.totals[kind] = group, draw(SUMMED)
    made.runs = draw(st.dictionaries(st.sampled_from(["counted", "failed", "copies"]), NUMBER, max_size=2))
    made.failed = draw(st.dictionaries(WORD, st.sampled_from(["cut", "gone"]), max_size=3))
    made.malformed = draw(st.dictionaries(WORD, NUMBER, max_size=3))
    return merged(made)


def merged(one: FleetStatistics) -> FleetStatistics:
    """Return statistics that were added to nothing, by which they are within the limits."""
    whole = FleetStatistics()
    whole.merge(one)
    return whole


def copied(one: FleetStatistics) -> FleetStatistics:
    """Return statistics as another process gets them."""
    return FleetStatistics.from_bytes(one.to_bytes())


def check_order(draw: Callable[[Any], Any], parts: list[FleetStatistics]) -> None:
    """Check that two random ways to add up the same have the same bytes."""
    one, other = (added_up(draw, parts, FleetStatistics, copied).to_bytes() for _ in range(2))
    assert one == other


@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_any_order_and_any_tree_of_runs_give_the_same(recorded: list[bytes], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(recorded), min_size=2, max_size=4))
    check_order(data.draw, list(map(FleetStatistics.from_bytes, chosen)))


@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_where_limits_are_reached_too(data: st.DataObject) -> None:
    with low_limits():
        check_order(data.draw, data.draw(st.lists(fleets(), min_size=2, max_size=4)))


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_of_many_orders_and_trees_give_the_same(recorded: list[bytes], data: st.DataObject) -> None:
    with low_limits():
        chosen = data.draw(st.lists(st.sampled_from(recorded), min_size=1, max_size=5))
        made = data.draw(st.lists(fleets(), min_size=1, max_size=4))
        # Within the low limits, as the others are.
        check_order(data.draw, [*map(merged, map(FleetStatistics.from_bytes, chosen)), *made])


def test_a_fleet_of_one_and_nothing_is_that_one(recorded: list[bytes]) -> None:
    for data in recorded:
        one = FleetStatistics.from_bytes(data)
        assert one.to_bytes() == data
        empty = FleetStatistics()
        empty.merge(one)
        assert empty.to_bytes() == data
        one.merge(FleetStatistics())
        assert one.to_bytes() == data


def test_a_replay_counts_apart(recorded: list[bytes]) -> None:
    whole = FleetStatistics()
    for data in recorded:
        whole.merge(FleetStatistics.from_bytes(data))
    replays = len(recorded) // 4
    assert whole.runs == {"counted": len(recorded)}
    assert (whole.totals["real"]["runs"], whole.totals["replayed"]["runs"]) == (len(recorded) - replays, replays)
    for kind, totals in whole.totals.items():
        groups = [getattr(group, kind) for group in whole.groups.values()]
        for name in SUMS:
            assert totals.get(name, 0) == sum(one.number(name) for one in groups)
            days = [day.get(name, 0) for one in groups for day in one.tables["days"].values()]
            assert totals.get(name, 0) == sum(days)
    assert set(whole.groups) == {"demo 1.0", "demo 1.1"}
    assert whole.malformed == {"demo/r2": 1}
