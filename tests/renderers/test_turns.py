"""Turns of the Responses API, as they are found in exchanges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from probe.renderers.turn import Input, Turn

from probe.record.exchange import Exchange, Message, Request, Response
from probe.renderers.openai_responses import is_complete, turns
from tests.replay.replays import conversation, create, events, post, stream, told

FIRST = {"type": "message", "role": "user", "content": "first"}
SECOND = {"type": "message", "role": "user", "content": "second"}


def said(name: str) -> Any:
    """Give the item that an answer of `events(name)` holds."""
    return json.loads(events(name)[1])["item"]


def url(path: str) -> str:
    """Give a URL that has some path."""
    return f"https://api.openai.com{path}"


def answered(*messages: Message) -> Exchange:
    """Make a conversation in which each call is answered."""
    return conversation([m for number, message in enumerate(messages) for m in (message, *_answer(number))])


def _answer(number: int) -> list[Message]:
    return told(number + 0.5, events(f"r{number}"))


def inputs(some: Sequence[Turn]) -> list[list[Any] | None]:
    """Give the rebuilt input of each turn."""
    return [None if turn.full_input is None else list(turn.full_input) for turn in some]


def test_a_post_is_one_turn() -> None:
    [turn] = turns(post(7.0, stream("r"), request={"input": [FIRST]}))
    assert (turn.path, turn.websocket, turn.warm_up, turn.complete) == ("/v1/responses", False, False, True)
    assert (turn.status_code, turn.content_type) == (200, "text/event-stream")
    assert (turn.response, turn.messages, inputs([turn])) == (stream("r"), (), [[FIRST]])
    assert turn.started == 7.0


def test_a_conversation_has_a_turn_for_each_create() -> None:
    warm_up, first = turns(answered(create(0, generate=False, input=[FIRST]), create(1, input=[FIRST])))
    assert (warm_up.warm_up, first.warm_up) == (True, False)
    assert first.messages == tuple(events("r1"))
    assert first.response == stream("r1")
    assert (first.status_code, first.content_type, first.websocket) == (200, "text/event-stream", True)
    assert (first.started, first.ended) == (1, 1.5)


def test_the_full_input_is_rebuilt_behind_previous_response_id() -> None:
    calls = [
        create(0, generate=False, input=[FIRST]),
        create(1, previous_response_id="r0", input=[]),
        create(2, previous_response_id="r1", input=[SECOND]),
    ]
    assert inputs(turns(answered(*calls))) == [[FIRST], [FIRST, said("r0")], [FIRST, said("r0"), said("r1"), SECOND]]


def test_calls_in_lanes_of_their_own_are_kept_apart() -> None:
    answers = [[json.dumps({**json.loads(data), "stream_id": lane}) for data in events(f"r{lane}")] for lane in "ab"]
    creates = [create(0, stream_id="a", input=[FIRST]), create(1, stream_id="b", input=[SECOND])]
    mixed = [text for both in zip(*answers, strict=True) for text in both]
    first, second = turns(conversation([*creates, *told(2, mixed)]))
    assert [first.messages, second.messages] == [tuple(answer) for answer in answers]


def test_inputs_share_what_stands_before_them() -> None:
    first = Input([1, 2])
    second, third = Input([], first), Input([3], Input([], first))
    assert [list(one) for one in (first, second, third)] == [[1, 2], [1, 2], [1, 2, 3]]
    assert [third.last(count) for count in range(5)] == [[], [3], [2, 3], [1, 2, 3], [1, 2, 3]]
    assert [len(one) for one in (first, second, third)] == [2, 2, 3]


INPUTS = {
    "the fields themselves": ({"input": [FIRST]}, [FIRST]),
    "the fields under response": ({"response": {"input": [FIRST]}}, [FIRST]),
    "a string is one message of the user": ({"input": "first"}, [FIRST]),
    "no input": ({}, []),
    "behind an unknown response": ({"previous_response_id": "?", "input": [FIRST]}, None),
    "behind something that is no id": ({"previous_response_id": [1], "input": [FIRST]}, None),
    "in a conversation that the API keeps": ({"conversation": "conv_1", "input": [FIRST]}, None),
}


@pytest.mark.parametrize(("fields", "expected"), INPUTS.values(), ids=INPUTS.keys())
def test_an_input_is_told_where_it_can_be(fields: dict[str, Any], expected: list[Any] | None) -> None:
    assert inputs(turns(answered(create(0, **fields)))) == [expected]


def test_an_answer_whose_items_only_the_last_event_lists_is_remembered() -> None:
    end = json.dumps({"type": "response.completed", "response": {"id": "r", "output": [SECOND]}})
    messages = [create(0, input=[FIRST]), *told(0, [end]), create(1, previous_response_id="r", input=[])]
    assert inputs(turns(conversation(messages)))[1] == [FIRST, SECOND]


NOT_CALLS = {
    "a models listing": post(1.0, {}, method="GET", url=url("/v1/models")),
    "a compaction": post(1.0, {}, url=url("/v1/responses/compact")),
    "a stored response read again": post(1.0, {}, method="GET", url=url("/v1/responses/resp_1")),
    "an upgrade that was refused": post(1.0, {}, method="GET", url=url("/v1/responses"), status=426),
    "another WebSocket": conversation([create(1.0)], url=url("/v1/realtime")),
    "a conversation without a call": conversation(told(1.0, events("x"))),
}


@pytest.mark.parametrize("exchange", NOT_CALLS.values(), ids=NOT_CALLS.keys())
def test_what_is_no_call_of_the_model_has_no_turns(exchange: Exchange) -> None:
    assert turns(exchange) == []


CUT = "the client closed the connection"
_ERROR = '{"type":"error","status":400,"error":{"message":"no"}}'
COMPLETE = {
    "a stream to its end": (post(1.0, stream("r")), True),
    "the client left after the last event": (post(1.0, stream("r"), error=CUT), True),
    "a stream that stops before its end": (post(1.0, stream("r")[:120]), False),
    "a last event that is cut": (post(1.0, stream("r")[:-4], error=CUT), False),
    "a failed answer": (post(1.0, 'data: {"type":"response.failed"}\n\n'), True),
    "an incomplete answer": (post(1.0, 'data: {"type":"response.incomplete"}\n\n'), True),
    "an error in the stream": (post(1.0, f"event: error\ndata: {_ERROR}\n\n"), True),
    "an end named in a text only": (post(1.0, 'data: {"type":"x","text":"response.completed"}\n\n'), False),
    "a whole JSON answer": (post(1.0, {"id": "r"}, headers={}), True),
    "a JSON answer that was cut": (post(1.0, '{"id":', headers={}, error=CUT), False),
    "a conversation without a close frame": (conversation([create(0), *told(1, events("r"))], error="1006"), True),
    "a conversation cut in an answer": (conversation([create(0), *told(1, events("r")[:2])], error="1006"), False),
    "a conversation whose last call has no answer": (conversation([create(0)]), False),
    "a conversation that ends with an error": (conversation([create(0), *told(1, [_ERROR])]), True),
    "a side request": (post(1.0, {}, method="GET", url=url("/v1/models")), True),
    "a side request that was cut": (post(1.0, {}, method="GET", url=url("/v1/models"), error=CUT), False),
}


@pytest.mark.parametrize(("exchange", "complete"), COMPLETE.values(), ids=COMPLETE.keys())
def test_an_exchange_is_complete_when_the_api_ended_every_answer(exchange: Exchange, complete: bool) -> None:
    assert is_complete(exchange) is complete


def test_a_call_without_an_answer_is_a_turn_that_is_not_complete() -> None:
    exchange = Exchange(timestamp=1.0, request=Request(method="POST", url=url("/v1/responses")), error="reset")
    [turn] = turns(exchange)
    assert (turn.status_code, turn.response, turn.ended, turn.full_input) == (None, None, None, None)
    assert not is_complete(exchange)


def test_a_body_whose_encoding_could_not_be_undone_is_not_complete() -> None:
    response = Response(status_code=200, body="AA==", body_kind="base64", decode_error="bad gzip")
    request = Request(method="POST", url=url("/v1/responses"))
    assert not is_complete(Exchange(timestamp=1.0, request=request, response=response))


HOSTILE = {
    "a type that is a list": '{"type":["response.completed"]}',
    "a response that is a text": '{"type":"response.completed","response":"x"}',
    "an id that is a list": '{"type":"response.completed","response":{"id":[1],"output":7}}',
    "an array": "[1]",
    "lines": '{"type":"a\\nb",\n"x":1}',
    "no JSON": "\x00{",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_message_breaks_the_turns(text: str) -> None:
    messages = [*told(0, [text]), create(1, input=[FIRST]), *told(2, [text])]
    client = Message(timestamp=3, direction="client", type="text", content=text)
    [turn] = turns(conversation([*messages, client]))
    assert turn.messages == (text,)
    lines = str(turn.response).removesuffix("\n\n").split("\n")
    assert "\n".join(line.removeprefix("data: ") for line in lines[1:]) == text
