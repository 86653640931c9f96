"""The messages of a WebSocket are paired into turns; what belongs to none is kept by itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from probe.record.exchange import Exchange, Message
from probe.record.reader import read_exchanges
from probe.trace.turns import Traced, Turn
from tests.conftest import GOLDEN
from tests.replay.replays import conversation, create, events, post, stream, told
from tests.trace.tracing import trace_of, traced

FIRST = {"type": "message", "role": "user", "content": "first"}
SECOND = {"type": "message", "role": "user", "content": "second"}


def url(path: str) -> str:
    """Return a URL that has some path."""
    return f"https://api.openai.com{path}"


def turns(exchange: Exchange) -> list[Turn]:
    """Return the turns of an exchange."""
    return traced(exchange).turns


def sent(turn: Turn) -> list[Any]:
    """Return the messages that a turn's request holds."""
    return [item.value for field, _ in turn.items if field.at == "input" for item in field.items]


def answered(*messages: Message) -> Exchange:
    """Make a conversation in which each call is answered."""
    return conversation([m for number, message in enumerate(messages) for m in (message, *_answer(number))])


def _answer(number: int) -> list[Message]:
    return told(number + 0.5, events(f"r{number}"))


def test_a_post_is_one_turn() -> None:
    [turn] = turns(post(7.0, stream("r"), request={"input": [FIRST]}))
    assert (turn.path, turn.part, turn.asked.no_answer, turn.complete) == ("/v1/responses", None, False, True)
    assert (turn.status, turn.messages, sent(turn), turn.started) == (200, (), [FIRST], 7.0)


def test_a_conversation_has_a_turn_for_each_create() -> None:
    warm_up, first = turns(answered(create(0, generate=False, input=[FIRST]), create(1, input=[FIRST])))
    assert (warm_up.asked.no_answer, first.asked.no_answer) == (True, False)
    assert (warm_up.part, first.part, first.status) == (1, 2, 200)
    assert first.messages == tuple(events("r1"))
    assert (first.started, first.ended, list(first.event_times)) == (1, 1.5, [1.5] * 3)


def test_an_item_that_a_conversation_sends_again_is_known() -> None:
    first, second = turns(answered(create(0, input=[FIRST]), create(1, input=[FIRST, SECOND])))
    both = [found for turn in (first, second) for field, found in turn.items if field.at == "input"]
    numbers = [[one.number for one in found] for found in both]
    assert numbers[1][0] == numbers[0][0]
    assert numbers[1][1] not in numbers[0]


def test_a_turn_names_the_answer_that_it_goes_on_from() -> None:
    _, second = turns(answered(create(0, input=[FIRST]), create(1, previous_response_id="r0", input=[SECOND])))
    assert (second.asked.previous_id, sent(second)) == ("r0", [SECOND])


def test_the_fields_of_a_call_may_be_under_response() -> None:
    [turn] = turns(answered(create(0, response={"input": [FIRST], "model": "m"})))
    assert turn.asked.model == "m"
    fields = [field for field, _ in turn.items if field.kind == "message"]
    assert [(field.at, [item.value for item in field.items]) for field in fields] == [("response.input", [FIRST])]


def test_calls_in_lanes_of_their_own_are_kept_apart() -> None:
    answers = [[json.dumps({**json.loads(data), "stream_id": lane}) for data in events(f"r{lane}")] for lane in "ab"]
    creates = [create(0, stream_id="a", input=[FIRST]), create(1, stream_id="b", input=[SECOND])]
    mixed = [text for both in zip(*answers, strict=True) for text in both]
    first, second = turns(conversation([*creates, *told(2, mixed)]))
    assert [first.messages, second.messages] == [tuple(answer) for answer in answers]


NO_CALLS: dict[str, Exchange] = {
    "a models listing": post(1.0, {}, method="GET", url=url("/v1/models")),
    "a compaction": post(1.0, {}, url=url("/v1/responses/compact")),
    "a stored response read again": post(1.0, {}, method="GET", url=url("/v1/responses/resp_1")),
    "an upgrade that was refused": post(1.0, {}, method="GET", url=url("/v1/responses"), status=426),
    "another WebSocket, whose messages have the same names": conversation([create(1.0)], url=url("/v1/realtime")),
    "another WebSocket, by the path of the same API": conversation(
        [create(1.0, input=[FIRST]), *told(2.0, events("r"))], url=url("/v1/responses/resp_1")
    ),
    "a conversation without a call": conversation(told(1.0, events("x"))),
}


@pytest.mark.parametrize("exchange", NO_CALLS.values(), ids=NO_CALLS.keys())
def test_what_is_no_call_of_the_model_has_no_turns(exchange: Exchange) -> None:
    found = traced(exchange)
    assert found.turns == []
    assert len(found.other_messages) == (len(exchange.websocket.messages) if exchange.websocket else 0)


def others(found: Traced) -> Counter[tuple[str, str]]:
    """Count the messages that belong to no turn by who sent them and what they are."""
    return Counter((one.message.direction, one.kind) for one in found.other_messages)


def test_messages_outside_of_turns_are_kept() -> None:
    file = GOLDEN / "openai_responses" / "websocket-conversation.jsonl"
    (exchange,) = read_exchanges(file, lambda _number, _reason: None)
    assert others(traced(exchange)) == {
        ("server", "hello"): 1,
        ("client", "response.steer"): 1,
        ("client", "binary"): 1,
    }


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
    found = traced(conversation([*messages, client]))
    [turn] = found.turns
    assert turn.messages == (text,)
    assert found.failures == []
    assert [one.message.content for one in found.other_messages] == [text, text]


def test_every_message_is_counted_in_bytes() -> None:
    binary = Message(timestamp=5, direction="client", type="binary", content="AAEC", size=3)
    found = trace_of([conversation([create(0, input="é"), *told(1, ["é", "x"]), binary])]).exchanges[0]
    assert (found.sent, found.received) == (len(create(0, input="é").content.encode()) + 3, 3)
    assert (found.websocket_messages, found.turns) == (4, 1)
