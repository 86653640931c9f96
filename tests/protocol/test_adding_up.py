"""Statistics of a protocol are the same, byte by byte, in whatever order and as whatever tree they are added up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.protocol.describing import described
from probe.protocol.documents import documents
from probe.protocol.endpoint_statistics import Address
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.stored import from_plain, plain
from tests.fleet_statistics.pieces import (
    JSON,
    SENT,
    SEQUENCES,
    added_up,
    low_limits,
    observed,
    ordered,
    protocols,
    related,
)
from tests.protocol.recorded import RECORDS, statistics_of

ONLY = Address("model", ("",), "GET", "http")


def with_values(values: list[object], *, joined: bool) -> ProtocolStatistics:
    """Return the statistics of values alone."""
    made = ProtocolStatistics()
    made.endpoint(ONLY).query = observed(values, "query", joined=joined)
    return made


def with_events(sequences: object) -> ProtocolStatistics:
    """Return the statistics of events alone."""
    made = ProtocolStatistics()
    made.endpoint(ONLY).messages = ordered(sequences)  # type: ignore[arg-type]
    return made


def with_ids(calls: object) -> ProtocolStatistics:
    """Return the statistics of ids alone."""
    made = ProtocolStatistics()
    made.endpoint(ONLY).relations = related(calls)  # type: ignore[arg-type]
    return made


PARTS: dict[str, st.SearchStrategy[ProtocolStatistics]] = {
    "values": st.builds(with_values, st.lists(JSON, max_size=4), joined=st.booleans()),
    "events": SEQUENCES.map(with_events),
    "ids": st.lists(st.tuples(SENT, SENT), max_size=4).map(with_ids),
    "protocols": protocols(),
}


def copied(one: ProtocolStatistics) -> ProtocolStatistics:
    """Return statistics as they come out of what was stored."""
    return from_plain(plain(one))


def said(one: ProtocolStatistics) -> str:
    """Return all that statistics hold, with types: 1 is not 1.0."""
    return repr(plain(one))


def check_order(draw: Callable[[Any], Any], parts: st.SearchStrategy[ProtocolStatistics]) -> None:
    """Check that two random ways to add up the same give the same, documents too."""
    with low_limits():
        found = draw(st.lists(parts, min_size=2, max_size=5))
        one, other = (added_up(draw, found, ProtocolStatistics, copied) for _ in range(2))
        assert said(one) == said(other)
        assert dict(documents(described(one))) == dict(documents(described(other)))


@pytest.mark.parametrize("kind", PARTS)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_any_order_and_any_tree_give_the_same(kind: str, data: st.DataObject) -> None:
    check_order(data.draw, PARTS[kind])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", PARTS)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_of_many_orders_and_trees_give_the_same(kind: str, data: st.DataObject) -> None:
    check_order(data.draw, PARTS[kind])


@pytest.mark.parametrize("kind", PARTS)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_nothing_added_changes_nothing_and_what_is_stored_is_all(kind: str, data: st.DataObject) -> None:
    with low_limits():
        one = data.draw(PARTS[kind])
        before = said(one)
        assert said(copied(one)) == before
        empty = ProtocolStatistics()
        empty.merge(one)
        assert said(empty) == before
        one.merge(ProtocolStatistics())
        assert said(one) == before


@pytest.mark.parametrize("numbers", [(1, 1.0), (0, -0.0), (1 << 53, float(1 << 53)), (10**22, 1e22)], ids=str)
def test_equal_numbers_have_one_form(numbers: tuple[float, float]) -> None:
    one, other = (with_values([number], joined=False) for number in numbers)
    assert said(one) == said(other)


TEXTS: dict[str, tuple[list[object], list[object]]] = {
    "too long one beside a known one": (["a"], ["a", "x" * 90]),
    "too many beside known ones": (["a", "b"], ["a", "b", *(f"n{number}" for number in range(60))]),
    "numbers too": ([1, 2], [*range(60)]),
}


@pytest.mark.parametrize(("one", "other"), TEXTS.values(), ids=TEXTS.keys())
def test_values_are_kept_by_both_orders_or_by_none(one: list[object], other: list[object]) -> None:
    orders = [[with_values(values, joined=False) for values in order] for order in ((one, other), (other, one))]
    for first, second in orders:
        first.merge(second)
    assert said(orders[0][0]) == said(orders[1][0])


@pytest.mark.parametrize("case", ["codex/tool-loop", "codex/tool-loop-websocket", "demo/sample"])
def test_recordings_say_the_same_after_they_were_stored(case: str) -> None:
    first, stored = statistics_of(RECORDS[case]), copied(statistics_of(RECORDS[case]))
    assert msgspec.msgpack.encode(plain(first)) == msgspec.msgpack.encode(plain(stored))
    assert dict(documents(described(first))) == dict(documents(described(stored)))
