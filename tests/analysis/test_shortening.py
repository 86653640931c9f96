"""A conversation that an agent shortened is known by what is gone from it."""

from __future__ import annotations

import pytest

from probe.record.exchange import Exchange
from tests.analysis.runs import ask, found_in, ran, said

IDS = {"session": ["header s"]}
HISTORY = [said("Move all files."), *ran("a"), *ran("b"), *ran("c")]
SUMMARY = [said("Move all files."), said("So far: a, b and c are moved.")]

CASES: dict[str, tuple[list[Exchange], dict[int, tuple[int, int]]]] = {
    "a summary in the place of the history": ([ask(1, *HISTORY), ask(2, *SUMMARY)], {1: (0, 6)}),
    "a history that grows": ([ask(1, *HISTORY), ask(2, *HISTORY, *ran("d"))], {}),
    "a step that is taken back": ([ask(1, *HISTORY), ask(2, *HISTORY[:-2], said("No, the other one."))], {}),
    "a request that names what it goes on from": (
        [ask(1, *HISTORY), ask(2, said("More."), previous_response_id="r1")],
        {},
    ),
    "a side request between": (
        [ask(1, *HISTORY), ask(2, said("A title?"), tools=False, model="small-1"), ask(3, *HISTORY, *ran("d"))],
        {},
    ),
}


@pytest.mark.parametrize(("calls", "expected"), CASES.values(), ids=CASES.keys())
def test_where_at_least_half_of_the_messages_are_gone(
    calls: list[Exchange], expected: dict[int, tuple[int, int]]
) -> None:
    for call in calls:
        call.request.headers["s"] = "1"
    found = found_in(calls, IDS).shortened
    assert {index: (one.before, one.messages) for index, one in found.items()} == expected
