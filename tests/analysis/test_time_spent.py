"""Where the time of a run went, from the times of its turns."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from probe.analysis.groups import group
from probe.analysis.time_spent import KINDS, time_spent
from probe.record.exchange import Exchange
from tests.analysis.runs import ask, ran, said
from tests.trace.tracing import trace_of

ONE, TWO = said("First thing"), said("Second thing")
FINE = said("fine", "assistant")
CALL = {"type": "function_call", "name": "shell", "call_id": "a", "arguments": "{}"}


def took(seconds: float, exchange: Exchange) -> Exchange:
    """Let an answer end so many seconds after its request, the first byte coming half-way."""
    response = exchange.response
    assert response
    ended = exchange.timestamp + seconds
    pieces = [(exchange.timestamp + seconds / 2, 0)]
    return msgspec.structs.replace(exchange, response=msgspec.structs.replace(response, ended=ended, pieces=pieces))


def spent(*run: Exchange, started: float = 0, ended: float = 20) -> dict[str, float]:
    """Return the seconds of each kind, those of 0 left out."""
    trace = trace_of(run, None)
    found = time_spent(group(trace.turns, trace.items.known), started, ended)
    assert found.total == pytest.approx(ended - started)
    return {kind: round(getattr(found, kind), 6) for kind in KINDS if getattr(found, kind)}


def call(at: float, *items: Any) -> Exchange:
    """Make a request that is answered by the call of a tool."""
    return ask(at, *items, answer=[CALL])


RUNS: dict[str, tuple[list[Exchange], dict[str, float]]] = {
    "nothing": ([], {"agent": 20}),
    "one turn": ([took(3, ask(5, ONE))], {"model": 3, "agent": 17}),
    "a tool between two turns": (
        [took(2, call(1, ONE)), took(3, ask(10, ONE, *ran("a")))],
        {"model": 5, "tool": 7, "agent": 8},
    ),
    "the user's next prompt": (
        [took(2, ask(1, ONE)), took(3, ask(10, ONE, FINE, TWO))],
        {"model": 5, "idle": 7, "agent": 8},
    ),
    "the same request again": ([took(2, ask(1, ONE)), took(3, ask(10, ONE))], {"model": 5, "agent": 15}),
    "two threads at once: a moment counts once, for the model first": (
        [took(8, call(1, ONE)), took(4, ask(2, TWO)), took(1, ask(12, ONE, *ran("a")))],
        {"model": 9, "tool": 3, "agent": 8},
    ),
    "a turn that ends after the run": ([took(30, ask(15, ONE))], {"model": 5, "agent": 15}),
    "no answer": ([msgspec.structs.replace(ask(5, ONE), response=None, error="refused")], {"agent": 20}),
}


@pytest.mark.parametrize(("run", "expected"), RUNS.values(), ids=RUNS.keys())
def test_each_moment_counts_as_what_it_was_spent_on(run: list[Exchange], expected: dict[str, float]) -> None:
    assert spent(*run) == expected


def test_the_first_piece_of_each_answer_is_timed_in_order() -> None:
    trace = trace_of([took(4, ask(1, ONE)), took(2, ask(6, ONE, FINE, TWO))], None)
    assert time_spent(group(trace.turns, trace.items.known), 0, 10).first_parts == (1.0, 2.0)
