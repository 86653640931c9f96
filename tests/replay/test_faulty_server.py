"""A replay with faults, over real sockets: what a client meets, and that its next try gets the same turn."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import closing

import aiohttp
import pytest
from aiohttp import WSMsgType

from tests.replay.replays import conversation, create, events, post, replaying, sent, stream, told
from tests.replay.test_websocket import talk
from tests.support.client import ask, begin, connect

TURNS = [
    post(1.0, stream("first"), request={"model": "m", "input": "one"}),
    post(2.0, stream("second"), request={"model": "m", "input": "two"}),
]
ONE, TWO = map(sent, TURNS)


def test_a_refused_call_gets_its_answer_when_it_comes_again() -> None:
    with replaying(TURNS, faults=["429 twice", "529 on call 4"]) as replay:
        answers = [ask(f"{replay.url}/v1/responses", body) for body in (ONE, ONE, ONE, TWO, TWO)]
        assert [answer.status for answer in answers] == [429, 429, 200, 529, 200]
        assert [answers[2].body, answers[4].body] == [stream("first").encode(), stream("second").encode()]
        assert replay.server.notes == [
            "fault 429 retry after 1s: call 1",
            "fault 429 retry after 1s: call 2",
            "fault 529: call 4",
        ]
        assert replay.server.problems == []


BROKEN = {
    "cut after 1": http.client.IncompleteRead,
    "reset after 1": ConnectionResetError,
    "reset before first": ConnectionResetError,
    "close before first": http.client.RemoteDisconnected,
    "wrong content-length": http.client.IncompleteRead,
}


@pytest.mark.parametrize(("fault", "error"), BROKEN.items())
def test_a_broken_answer_comes_again(fault: str, error: type[Exception]) -> None:
    with replaying(TURNS, faults=[fault]) as replay:
        with pytest.raises(error), closing(connect(replay.url)) as connection:
            begin(connection, f"{replay.url}/v1/responses", ONE).read()
        assert ask(f"{replay.url}/v1/responses", ONE).body == stream("first").encode()


@pytest.mark.parametrize("fault", ["malformed json 2", "line break in data 1", "comments", "duplicate event 2"])
def test_an_answer_whose_end_came_can_be_asked_for_again_too(fault: str) -> None:
    with replaying(TURNS, faults=[fault]) as replay:
        bodies = [ask(f"{replay.url}/v1/responses", body).body for body in (ONE, ONE, TWO)]
    assert bodies[0] != bodies[1] == stream("first").encode()
    assert bodies[2] == stream("second").encode()
    assert replay.server.problems == []


def test_of_equal_calls_one_with_an_odd_answer_goes_on_to_the_next() -> None:
    again = post(2.0, stream("second"), request={"model": "m", "input": "one"})
    with replaying([TURNS[0], again], faults=["crlf"]) as replay:
        bodies = [ask(f"{replay.url}/v1/responses", ONE).body for _ in range(2)]
    assert bodies[1] == stream("second").encode()


def test_an_answer_that_only_looks_odd_is_followed_by_the_next() -> None:
    with replaying(TURNS, faults=["comments", "crlf on call 2"]) as replay:
        answers = [ask(f"{replay.url}/v1/responses", body).body for body in (ONE, TWO)]
    assert b": keep-alive" in answers[0]
    assert answers[1] == stream("second").replace("\n", "\r\n").encode()


def test_a_short_length_ends_the_answer_early() -> None:
    with replaying(TURNS, faults=["short content-length"]) as replay:
        body = ask(f"{replay.url}/v1/responses", ONE).body
    assert body == stream("first").encode()[: len(stream("first")) // 2]


@pytest.mark.parametrize("fault", ["status 204", "status 304", "html 204"])
def test_a_status_that_has_no_body_comes_without_one(fault: str) -> None:
    with replaying(TURNS, faults=[fault]) as replay, closing(connect(replay.url)) as connection:
        assert begin(connection, f"{replay.url}/v1/responses", ONE).read() == b""
        # On the same connection, where a body would be in the way.
        assert begin(connection, f"{replay.url}/v1/responses", ONE).read() == stream("first").encode()


def test_a_stall_lasts_at_any_speed() -> None:
    with replaying(TURNS, faults=["stall 0.4s after 1"]) as replay:
        began = time.monotonic()
        assert ask(f"{replay.url}/v1/responses", ONE).body == stream("first").encode()
    assert time.monotonic() - began >= 0.4


def test_a_client_that_waits_for_nothing_is_not_answered_and_the_server_still_stops() -> None:
    with replaying(TURNS, faults=["no answer"]) as replay, closing(connect(replay.url)) as connection:
        connection.timeout = 0.3
        with pytest.raises(socket.timeout):
            begin(connection, f"{replay.url}/v1/responses", ONE)


SPOKEN = [
    conversation(
        [create(1.0, input="one"), *told(1.5, events("first")), create(2.0, input="two"), *told(2.5, events("second"))]
    )
]


@pytest.mark.parametrize("fault", ["error event after 1", "no end event", "end after 1"])
def test_a_stream_that_fails_or_ends_early_comes_again(fault: str) -> None:
    with replaying(TURNS, faults=[fault]) as replay:
        bodies = [ask(f"{replay.url}/v1/responses", ONE).body for _ in range(2)]
    assert bodies[0] != bodies[1] == stream("first").encode()
    assert replay.server.problems == []


@pytest.mark.parametrize("fault", ["429 once", "error event after 1", "end after 1", "close 1011 after 1"])
def test_a_message_gets_its_answer_when_it_comes_again(fault: str) -> None:
    async def call(socket: aiohttp.ClientWebSocketResponse) -> list[str]:
        await socket.send_str(json.dumps({"type": "response.create", "input": "one"}))
        kinds = []
        async for message in socket:
            event = json.loads(message.data)
            kinds.append(event.get("response", {}).get("id") or event["type"])
            if event["type"] in ("error", "response.completed"):
                break
        return kinds

    with replaying(SPOKEN, faults=[fault]) as replay:
        broken, whole = talk(replay, call), talk(replay, call)
    assert len(broken) < 3
    assert whole == ["first", "response.output_item.done", "first"]
    assert replay.server.problems == []


CLOSED = {"close 1011 after 1": 1011, "close 1006": None, "cut after 1": None, "invalid utf-8": 1007}


@pytest.mark.parametrize(("fault", "code"), CLOSED.items())
def test_a_conversation_is_closed_as_the_fault_says(fault: str, code: int | None) -> None:
    async def call(socket: aiohttp.ClientWebSocketResponse) -> int | None:
        await socket.send_str(json.dumps({"type": "response.create"}))
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                return getattr(message.data, "code", None)
        return socket.close_code if socket.close_code != 1006 else None

    with replaying(SPOKEN, faults=[fault]) as replay:
        assert talk(replay, call) == code
