"""A turn goes on from the one whose whole input its own begins with."""

from __future__ import annotations

from typing import Any

import pytest

from probe.analysis.continuation import Link, links
from probe.record.exchange import Exchange
from tests.analysis.runs import ask, said
from tests.replay.replays import conversation, create, events, post, told
from tests.trace.tracing import trace_of

ONE = {"role": "user", "content": "one"}
TWO = {"role": "assistant", "content": "two"}
THREE = {"role": "user", "content": "three"}
REMINDER = {"type": "text", "text": "<system-reminder>\nKeep to the rules.\n</system-reminder>"}
RULES = {"role": "system", "content": "rules"}
CHAT, MESSAGES, GEMINI = "/v1/chat/completions", "/v1/messages", "/v1beta/models/m:generateContent"
TOOLS: dict[str, Any] = {
    CHAT: [{"type": "function", "function": {"name": "f"}}],
    MESSAGES: [{"name": "f", "input_schema": {}}],
    GEMINI: [{"functionDeclarations": [{"name": "f"}]}],
}


def call(at: float, messages: list[Any], *, path: str = CHAT, tools: bool = True) -> Exchange:
    """Make a call of the model that got an empty answer."""
    body: dict[str, Any] = {"contents": messages} if path == GEMINI else {"model": "m", "messages": messages}
    body |= {"max_tokens": 100} if path == MESSAGES else {}
    body |= {"tools": TOOLS[path]} if tools else {}
    return post(at, {}, request=body, headers={}, url=f"https://api.test{path}")


def found(*calls: Exchange) -> list[Link]:
    """Return the links of the turns of exchanges."""
    trace = trace_of(calls)
    return links(trace.turns, trace.items.known)


def before(*inputs: list[Any], path: str = CHAT) -> list[int | None]:
    """Return what each of several turns goes on from."""
    return [link.before for link in found(*(call(at, one, path=path) for at, one in enumerate(inputs)))]


CHAINS: dict[str, tuple[str, tuple[list[Any], ...], list[int | None]]] = {
    "each goes on": (CHAT, ([ONE], [ONE, TWO], [ONE, TWO, THREE]), [None, 0, 1]),
    "the longest counts": (CHAT, ([ONE], [ONE, TWO, THREE], [ONE, TWO, THREE, ONE]), [None, 0, 1]),
    "two at once": (CHAT, ([ONE], [TWO], [ONE, THREE], [TWO, THREE]), [None, None, 0, 1]),
    "another beginning": (CHAT, ([ONE, TWO], [THREE, ONE, TWO]), [None, None]),
    "a shorter input": (CHAT, ([ONE, TWO], [ONE]), [None, None]),
    "the same again": (CHAT, ([ONE], [ONE]), [None, 0]),
    "a text is short for a part": (
        CHAT,
        ([ONE], [{"role": "user", "content": [{"type": "text", "text": "one"}]}]),
        [None, 0],
    ),
    "a cache mark moves": (
        MESSAGES,
        (
            [{"role": "user", "content": [{"type": "text", "text": "one", "cache_control": {"type": "ephemeral"}}]}],
            [
                ONE,
                {
                    "role": "assistant",
                    "content": [{"type": "text", "text": "two", "cache_control": {"type": "ephemeral"}}],
                },
            ],
            [ONE, TWO, THREE],
        ),
        [None, 0, 1],
    ),
    "the order of an item's fields does not matter": (CHAT, ([ONE], [dict(reversed(ONE.items())), TWO]), [None, 0]),
    "parts of another API": (
        GEMINI,
        ([{"role": "user", "parts": [{"text": "a"}]}], [{"role": "user", "parts": [{"text": "b"}]}]),
        [None, None],
    ),
    "rules at the end again": (CHAT, ([ONE, RULES], [ONE, TWO, THREE, RULES], [THREE, RULES]), [None, 0, None]),
    "a reminder that moves": (
        MESSAGES,
        (
            [{"role": "user", "content": [REMINDER, {"type": "text", "text": "one"}]}],
            [ONE, TWO, {"role": "user", "content": [REMINDER, {"type": "text", "text": "three"}]}],
            [{"role": "user", "content": [REMINDER, {"type": "text", "text": "four"}]}],
        ),
        [None, 0, None],
    ),
    "rules alone": (CHAT, ([RULES], [RULES, ONE]), [None, 0]),
    "half a surrogate pair": (
        CHAT,
        ([{"role": "user", "content": "\ud800"}], [{"role": "user", "content": "\ud800"}, TWO]),
        [None, 0],
    ),
}


@pytest.mark.parametrize(("path", "inputs", "expected"), CHAINS.values(), ids=CHAINS.keys())
def test_what_a_turn_goes_on_from(path: str, inputs: tuple[list[Any], ...], expected: list[int | None]) -> None:
    assert before(*inputs, path=path) == expected


def test_the_same_question_again_is_known_as_such() -> None:
    assert found(call(0, [ONE]), call(1, [ONE]), call(2, [ONE, TWO])) == [
        Link(before=None, tools=1),
        Link(before=0, repeated=True, tools=1),
        Link(before=1, tools=1),
    ]


UNKNOWN: dict[str, Exchange] = {
    "no input": ask(0),
    "an answer that this record does not have": ask(0, said("one"), previous_response_id="resp_elsewhere"),
    "an id that is none": ask(0, said("one"), previous_response_id=[1]),
    "a conversation that the API keeps": ask(0, said("one"), conversation="conv_1"),
}


@pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_no_beginning(unknown: Exchange) -> None:
    assert found(unknown, ask(1, said("one"))) == [
        Link(before=None, known=False, tools=1),
        Link(before=None, tools=1),
    ]


def test_work_does_not_go_on_from_a_request_without_tools() -> None:
    assert found(call(0, [ONE], tools=False), call(1, [ONE]))[1].before is None


def test_a_request_without_tools_goes_on_from_work_only_where_it_holds_more() -> None:
    _, more, same = found(call(0, [ONE]), call(1, [ONE, TWO, THREE], tools=False), call(2, [ONE], tools=False))
    assert (more.before, same.before) == (0, None)


FIRST, SECOND = said("first"), said("second")


def answered(*calls: dict[str, Any]) -> Exchange:
    """Make a WebSocket conversation in which each call is answered."""
    messages = [
        message
        for number, fields in enumerate(calls)
        for message in (create(number, **fields), *told(number + 0.5, events(f"r{number}")))
    ]
    return conversation(messages)


def test_an_input_behind_a_previous_response_is_all_that_is_before_it() -> None:
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "r0"}]}
    socket = answered(
        {"input": [FIRST]},
        {"previous_response_id": "r0", "input": []},
        {"previous_response_id": "r1", "input": [SECOND]},
    )
    whole = ask(10, FIRST, answer, {**answer, "content": "r1"}, SECOND, said("third"), tools=False)
    assert [link.before for link in found(socket, whole)] == [None, 0, 1, 2]


def test_a_warm_up_is_what_the_next_call_goes_on_from() -> None:
    socket = answered({"generate": False, "input": [FIRST]}, {"previous_response_id": "r0", "input": []})
    assert [link.before for link in found(socket)] == [None, 0]


def test_an_answer_whose_items_only_the_last_event_lists_is_remembered() -> None:
    end = (
        '{"type":"response.completed","response":{"id":"r","output":[{"type":"message","role":"user","content":"x"}]}}'
    )
    socket = conversation(
        [create(0, input=[FIRST]), *told(0, [end]), create(1, previous_response_id="r", input=[SECOND])]
    )
    whole = ask(2, FIRST, said("x"), SECOND, tools=False)
    assert [link.before for link in found(socket, whole)] == [None, 0, 1]


def test_tools_that_were_offered_before_are_offered_still() -> None:
    tool = {"type": "function", "name": "f"}
    socket = answered({"input": [FIRST], "tools": [tool]}, {"previous_response_id": "r0", "input": [SECOND]})
    assert [link.tools for link in found(socket)] == [1, 1]
