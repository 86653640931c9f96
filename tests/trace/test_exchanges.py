"""An exchange is understood once: its sizes, times, items and unknowns, and what a renderer could not read of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from probe.record.exchange import Exchange, Message, Request, Response, WebSocket
from probe.renderers import generic, openai_responses
from probe.renderers.api import Answer, Api, ItemField, Kind
from probe.renderers.blocks import Body, Markdown, Note
from probe.renderers.json_reader import Json
from probe.renderers.loader import Renderer
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.turns import Traced
from tests.analysis.runs import ask, ran, said
from tests.replay.replays import SSE, conversation, create, events, post, stream, told
from tests.trace.tracing import trace_of, traced

URL = "https://api.test/v1/responses"
ONE, TWO = said("one"), said("two")

# -- sizes ------------------------------------------------------------------------------------------------------

SIZES: dict[str, tuple[dict[str, Any], int]] = {
    "as recorded": ({"body": {"a": 1}, "size": 99}, 99),
    "JSON from elsewhere": ({"body": {"a": [1, 2]}}, 11),
    "text from elsewhere": ({"body": "é"}, 2),
    "JSON that was kept as text": ({"body": '{ "a": "é" }'}, 13),
    "no body": ({}, 0),
    "no body, as recorded": ({"size": 0}, 0),
}


@pytest.mark.parametrize(("body", "size"), SIZES.values(), ids=SIZES.keys())
def test_a_body_has_a_size(body: dict[str, Any], size: int) -> None:
    request = Request(method="POST", url="https://api.test/x", **body)
    found = trace_of([Exchange(timestamp=1.0, request=request, response=Response(status_code=200, **body))])
    assert (found.exchanges[0].sent, found.exchanges[0].received) == (size, size)


def test_without_an_answer_nothing_was_received() -> None:
    found = trace_of([Exchange(timestamp=1.0, request=Request(method="GET", url="https://api.test/x"))])
    assert (found.exchanges[0].sent, found.exchanges[0].received, found.exchanges[0].status) == (0, 0, None)


# -- times ------------------------------------------------------------------------------------------------------


def streamed(pieces: Sequence[tuple[float, int]], **more: Any) -> Exchange:
    """Make a streamed answer whose pieces arrived at some times."""
    exchange = post(1.0, stream("r"), request={"input": "x"}, **more)
    assert exchange.response
    answer = msgspec.structs.replace(exchange.response, pieces=list(pieces), started=1.5, ended=9.0)
    return msgspec.structs.replace(exchange, response=answer)


FIRST = stream("r").index("\n\n") + 2
"""Where the event with the first content begins, in bytes."""
TIMES: dict[str, tuple[Exchange, float | None]] = {
    "the piece that holds its first byte": (streamed([(2.0, 0), (3.0, 20), (4.0, FIRST + 1)]), 3.0),
    "a piece that begins with it": (streamed([(2.0, 0), (3.0, FIRST)]), 3.0),
    "all in one piece": (streamed([(2.0, 0)]), 2.0),
    "no pieces": (streamed([]), None),
    "a stream that is not plain": (
        msgspec.structs.replace(
            streamed([(2.0, 0), (3.0, 12 + FIRST)]),
            response=Response(
                status_code=200,
                headers=SSE,
                body=": a comment\n" + stream("r"),
                body_kind="sse",
                pieces=[(2.0, 0), (3.0, 12 + FIRST)],
            ),
        ),
        3.0,
    ),
    "a whole answer: its first byte": (
        Exchange(
            timestamp=1.0,
            request=Request(method="POST", url=URL, body={"input": "x"}),
            response=Response(status_code=200, body=json.loads(events("r")[2])["response"], started=2.5, ended=3.0),
        ),
        2.5,
    ),
    "a message of a WebSocket": (conversation([create(1), *told(2, events("r")[:1]), *told(3, events("r")[1:])]), 3.0),
    "no answer": (Exchange(timestamp=1.0, request=Request(method="POST", url=URL, body={"input": "x"})), None),
}


@pytest.mark.parametrize(("exchange", "time"), TIMES.values(), ids=TIMES.keys())
def test_the_first_part_of_an_answer_has_a_time(exchange: Exchange, time: float | None) -> None:
    [turn] = traced(exchange).turns
    assert turn.first_part == time


def test_a_times_place_is_counted_in_bytes_of_the_stream() -> None:
    name = "é" * 50
    text = stream("r").replace('{"id": "r"}', json.dumps({"id": name}, ensure_ascii=False), 1)
    first = len(text[: text.index("\n\n") + 2].encode())
    exchange = streamed([(2.0, 0), (3.0, first)])
    assert exchange.response
    answer = msgspec.structs.replace(exchange.response, body=text)
    assert traced(msgspec.structs.replace(exchange, response=answer)).turns[0].first_part == 3.0


# -- items ------------------------------------------------------------------------------------------------------


def test_an_item_is_read_once_however_often_it_is_sent() -> None:
    new: list[list[str]] = []

    def note(_traced: Traced, _turns: Sequence[TurnFacts], items: Sequence[NewItem]) -> None:
        new.append([item.known.at for item in items])

    trace = trace_of([ask(1, ONE), ask(2, ONE, *ran("a")), ask(3, ONE, *ran("a"), TWO)], on_exchange=note)
    assert [sum(at == "input[]" for at in items) for items in new] == [1, 2, 1]
    assert [[at for at in items if at != "input[]"] for items in new] == [["model", "tools[]"], [], []]
    assert {one.at: one.uses for one in trace.items.known if one.kind is Kind.TOOL} == {"tools[]": 3}
    # What the trace keeps is what is known of items, not what they hold.
    assert trace.items.new == []


def test_the_same_bytes_in_two_places_are_two_items() -> None:
    request = {"input": "x", "instructions": "x", "prompt_cache_key": "x"}
    trace = trace_of([post(1, {}, headers={}, request=request)])
    assert [one.at for one in trace.items.known] == ["prompt_cache_key", "instructions", "input"]


def test_a_trace_of_parts_is_the_trace_of_the_whole() -> None:
    run = [ask(1, ONE), ask(2, ONE, TWO), ask(3, ONE, TWO, *ran("a"), new_field=1)]
    whole, first = trace_of(run), trace_of(run[:1])
    first.merge(trace_of(run[1:]))
    assert [turn.items for turn in first.turns] == [turn.items for turn in whole.turns]
    assert [turn.number for turn in first.turns] == [0, 1, 2]
    assert [(one.at, one.sha256, one.uses) for one in first.items.known] == [
        (one.at, one.sha256, one.uses) for one in whole.items.known
    ]
    assert first.unknowns.counts == whole.unknowns.counts == {"setting 'new_field'": 1}
    assert [side.paths() for side in first.structures()] == [side.paths() for side in whole.structures()]


# -- unknowns ---------------------------------------------------------------------------------------------------


def test_what_is_not_understood_is_counted_by_name_and_an_item_once() -> None:
    odd = {"type": "message", "role": "user", "content": [{"type": "hologram"}]}
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "x"}], "halo": 1}
    trace = trace_of([ask(1, odd, answer=[message]), ask(2, odd, ONE, answer=[message])])
    # The item is one, the answers are two.
    assert trace.unknowns.counts == {"content part 'hologram'": 1, "field 'halo'": 2}


def test_what_is_beside_the_calls_is_counted_too() -> None:
    steer = Message(timestamp=1, direction="client", type="text", content='{"type":"response.steer","halo":1}')
    body = {"type": "response.steer", "input": [], "halo": 1}
    trace = trace_of([post(1.0, {}, request=body, url="https://api.test/v1/responses/compact"), conversation([steer])])
    assert trace.unknowns.counts["setting 'halo'"] == 1


# -- renderers that fail ----------------------------------------------------------------------------------------


def failing(function: str) -> Renderer:
    """Make a renderer of which one function raises for what says `odd`."""

    class Failing(openai_responses.api.OpenAIResponses):
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            return _raises(found) if name == function else found

    return Renderer((("*", "failing", Failing()),), generic.API)


def _raises(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if any("odd" in (one.raw.decode() if isinstance(one, Json) else str(one)) for one in arguments):
            raise LookupError("too odd")
        return function(*arguments)

    return call


FAILING = ("is_call", "items", "asked", "item_blocks", "canonical", "merge_key", "answer", "split", "response_blocks")
ODD: dict[str, Exchange] = {
    "a streamed call": ask(2, said("odd"), answer=[said("odd", "assistant")], instructions="odd"),
    "a whole answer": post(2.0, {"id": "odd"}, headers={}, request={"input": [said("odd")]}, url=f"{URL}?odd"),
    "a side request": post(2.0, {"odd": 1}, headers={}, url="https://api.test/odd"),
    "a WebSocket": conversation([create(2.0, input=[said("odd")]), *told(2.5, [events("odd")[0], *events("odd")])]),
}


@pytest.mark.parametrize("function", FAILING)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_a_renderer_that_raises_costs_its_own_exchange_only(function: str, odd: Exchange) -> None:
    before, after = ask(1, ONE), ask(3, ONE, TWO)
    trace, plain = trace_of([before, odd, after], renderer=failing(function)), trace_of([before, odd, after])
    assert {line for line, _ in trace.failures} <= {2}
    assert len(trace.exchanges) == 3
    assert [turn.text for turn in trace.turns if turn.line != 2] == ["fine", "fine"]
    assert all(turn.read for turn in trace.turns if turn.line != 2)
    assert [turn.number for turn in trace.turns] == list(range(len(trace.turns)))
    assert [(one.sent, one.received) for one in trace.exchanges] == [
        (one.sent, one.received) for one in plain.exchanges
    ]


def shown(found: Traced) -> str:
    """Return all that is shown of an exchange."""
    return repr([found.request, found.response, [turn.response for turn in found.turns]])


@pytest.mark.parametrize("function", ["is_call", "items", "answer", "split", "response_blocks", "request_blocks"])
def test_what_a_renderer_could_not_read_is_shown_as_it_is_with_the_reason(function: str) -> None:
    exchange = post(2.0, {"id": "odd answer"}, headers={}, request={"input": [said("odd")]}, url=f"{URL}/odd")
    found = traced(exchange, failing(function))
    assert "odd answer" in shown(found)
    if found.failures:
        assert set(found.failures) == {"LookupError: too odd"}


def test_a_renderer_that_fails_within_a_stream_shows_its_events() -> None:
    class Reader(Api):
        name = "half"

        def is_call(self, method: str, path: str) -> bool:
            return True

        def items(self, path: str, body: Json) -> list[ItemField]:
            return []

        def stream(self) -> Any:
            class Half:
                def add(self, number: int, name: str, event: Any) -> None:
                    if number:
                        raise KeyError(name)

                def answer(self, last: int) -> Answer:
                    return Answer()

            return Half()

    found = traced(post(1.0, stream("r")), Renderer((("*", "half", Reader()),), generic.API))
    [turn] = found.turns
    assert found.failures == ["KeyError: 'response.output_item.done'"]
    assert turn.response[1:] == (
        Note(text="Shown as it is, because the renderer failed: KeyError: 'response.output_item.done'"),
        Body(value=stream("r")),
    )
    # Of a stream that nobody could read, only the connection says whether it ended.
    assert (turn.answer, turn.complete) == (None, True)


def test_functions_of_the_users_own_show_bodies_as_markdown() -> None:
    class Own(Api):
        name = "own"

        def request_blocks(self, path: str, body: Any) -> list[Markdown]:
            return [Markdown(text=f"<{json.dumps(body)}>")]

        def response_blocks(self, path: str, body: Any, status: int | None) -> list[Markdown]:
            return [Markdown(text=f"{status} {body}")]

    found = traced(post(1.0, {"a": 1}, headers={}, request={"b": 1}), Renderer((("*", "own", Own()),), generic.API))
    assert (found.request, found.response) == ((Markdown(text='<{"b": 1}>'),), (Markdown(text="200 {'a': 1}"),))


def test_a_websocket_of_no_known_api_shows_its_messages() -> None:
    messages = [Message(timestamp=1.0, direction="client", type="text", content='{"type":"x"}')]
    exchange = Exchange(
        timestamp=1.0,
        request=Request(method="GET", url="wss://api.test/socket"),
        response=Response(status_code=101),
        websocket=WebSocket(messages=messages),
    )
    [other] = traced(exchange).other_messages
    assert (other.kind, other.value) == ("x", {"type": "x"})
