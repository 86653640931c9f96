"""Traces of the parts of a record, put together, are the trace of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.analysis.exchange_totals import exchange_totals
from probe.record.exchange import Exchange
from probe.trace import shapes
from probe.trace.shapes import Structure, shape_of
from probe.trace.trace import Trace
from tests.analysis.runs import ask, ran, said
from tests.replay.replays import conversation, create, post, told
from tests.trace.tracing import trace_of

ODD = {"type": "message", "role": "user", "content": [{"type": "hologram"}]}
ITEMS = [said("one"), said("two"), ODD, *ran("a"), *ran("b")]

_fields = st.sampled_from([{}, {"temperature": 1}, {"new_field": {"a": 1}}, {"instructions": "Be short."}])
_calls = st.builds(
    lambda time, items, fields: ask(time, *items, **fields),
    st.integers(1, 9),
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=4),
    _fields,
)
_sides = st.builds(
    lambda time, body: post(time, {"ok": body}, headers={}, request={"a": body}, url="https://api.test/v1/side"),
    st.integers(1, 9),
    st.sampled_from([1, "x", [], {"b": None}]),
)
_sockets = st.builds(
    lambda text: conversation([create(1.0, input=[said(text)]), *told(2.0, ['{"type": "odd", "x": 1}'])]),
    st.sampled_from(["one", "two"]),
)
_exchanges = st.lists(st.one_of(_calls, _sides, _sockets), min_size=1, max_size=8)


def merged(parts: Sequence[Sequence[Exchange]]) -> Trace:
    """Return the traces of parts as one."""
    first, *others = (trace_of(part) for part in parts)
    for other in others:
        first.merge(other)
    return first


def facts(trace: Trace) -> list[Any]:
    """Return all that depends on the order of a record, but for the numbers of lines, which tests begin anew."""
    turns = [(one.number, list(one.items), one.model, one.usage, one.calls, one.sent_back) for one in trace.turns]
    items = [(one.number, one.identity, one.uses, one.features, one.unknown) for one in trace.items.known]
    exchanges = [(one.url, one.status, one.started, one.sent, one.received) for one in trace.exchanges]
    return [turns, items, exchanges, [why for _, why in trace.failures], [*trace.unknowns.counts.items()]]


def statistics(trace: Trace) -> list[Any]:
    """Return what does not depend on the order of a record."""
    items = sorted((one.identity, one.uses) for one in trace.items.known)
    unknown = sorted((what, count) for what, count in trace.unknowns.counts.items() if count)
    return [items, unknown, [side.paths() for side in trace.structures()], exchange_totals(trace.exchanges)]


@given(exchanges=_exchanges, data=st.data())
@settings(deadline=None, max_examples=50)
def test_wherever_a_record_is_cut_its_parts_make_the_same_trace(exchanges: list[Exchange], data: st.DataObject) -> None:
    borders = sorted(data.draw(st.lists(st.integers(0, len(exchanges)), max_size=3)))
    cuts = [0, *borders, len(exchanges)]
    parts = [exchanges[start:end] for start, end in pairwise(cuts)]
    whole, found = trace_of(exchanges), merged(parts)
    assert facts(found) == facts(whole)
    assert statistics(found) == statistics(whole)


@given(exchanges=_exchanges, data=st.data())
@settings(deadline=None, max_examples=50)
def test_statistics_do_not_depend_on_the_order_of_the_parts(exchanges: list[Exchange], data: st.DataObject) -> None:
    order = data.draw(st.permutations(exchanges))
    assert statistics(merged([[one] for one in order])) == statistics(trace_of(exchanges))


@given(names=st.lists(st.integers(0, 60), max_size=200), data=st.data())
@settings(deadline=None)
def test_the_same_shapes_and_paths_are_kept_whatever_the_order(names: list[int], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shapes, "MAX_SHAPES", 8)
        patched.setattr(shapes, "MAX_PATHS", 5)
        border = data.draw(st.integers(0, len(names)))
        assert _structure([names]).paths() == _structure([names[border:], names[:border]]).paths()
        assert _structure([data.draw(st.permutations(names))]).paths() == _structure([names]).paths()


def _structure(parts: Sequence[Sequence[int]]) -> Structure:
    found = Structure()
    for names in parts:
        part = Structure()
        for name in names:
            part.add("(body)", shape_of({f"field{name}": name}))
        found.merge(part)
    return found
