"""The context of a turn is the sum of its items, however its history goes on, and its tokens are divided alike."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from probe.record.exchange import Exchange
from probe.trace.context import ContextKind
from tests.analysis.runs import ask, found_in, ran, said
from tests.replay.replays import conversation, create, events, told

_ITEMS = [said("one"), said("two"), said("three", "assistant"), *ran("a"), *ran("b")]
FIRST = "r" * 400
"""Id of an answer, and its text."""
_calls = st.lists(st.lists(st.sampled_from(_ITEMS), min_size=1, max_size=6), min_size=1, max_size=6)


@given(_calls)
def test_a_context_is_the_sum_of_its_items_wherever_they_differ(inputs: list[list[Any]]) -> None:
    found = found_in([ask(at, *items) for at, items in enumerate(inputs, 1)])
    for tries in found.turns:
        turn = tries.turn
        expected: dict[ContextKind, int] = {}
        for number in turn.facts.items:
            for kind, size in found.item_contexts[number]:
                expected[kind] = expected.get(kind, 0) + size
        assert found.contexts[turn.index].sizes == expected


def test_tokens_are_divided_as_the_bytes_are() -> None:
    found = found_in([ask(1, said("a" * 400), usage={"input_tokens": 1000, "output_tokens": 1, "total_tokens": 1001})])
    context = found.contexts[0]
    assert context.tokens is not None
    assert sum(context.tokens.values()) == 1000
    whole = sum(context.sizes.values())
    for kind, size in context.sizes.items():
        assert abs(context.tokens[kind] - 1000 * size / whole) <= len(context.sizes)


def test_without_reported_tokens_none_are_estimated() -> None:
    assert found_in([ask(1, said("one"))]).contexts[0].tokens is None


def _stored(previous: str) -> Exchange:
    """Make a conversation whose second call goes on from an answer by its id."""
    first, second = (json.loads(event) for event in (events(FIRST)[-1], events("r2")[-1]))
    for event, tokens in ((first, 100), (second, 900)):
        event["response"]["usage"] = {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
    calls = [create(1, input=[said("x" * 5000)]), *told(2, [*events(FIRST)[:-1], json.dumps(first)])]
    calls += [create(3, input=[said("y")], previous_response_id=previous)]
    return conversation([*calls, *told(4, [*events("r2")[:-1], json.dumps(second)])])


def test_what_the_api_has_stored_counts_to_the_tokens_and_not_to_the_bytes() -> None:
    first, second = (found_in([_stored(FIRST)]).contexts[index] for index in (0, 1))
    assert second.sizes[ContextKind.USER] < 100
    assert second.tokens is not None
    # Nearly all of the input is the first message, and some is the answer.
    assert second.tokens[ContextKind.USER] > 700
    assert second.tokens[ContextKind.ASSISTANT] > 50
    assert ContextKind.ASSISTANT not in first.sizes


def test_what_the_api_has_stored_and_the_record_does_not_show_is_not_estimated() -> None:
    assert found_in([_stored("elsewhere")]).contexts[1].tokens is None
