"""A replay over WebSocket: one conversation, answered call by call, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType

from probe.record.exchange import Exchange
from tests.replay.replays import Replay, conversation, create, events, post, replaying, stream, told
from tests.support.client import ask

ENDS = {"response.completed", "error"}
SECONDS = 10.0


def recorded(*names: str, warm_up: bool = True) -> Exchange:
    """Make a conversation with a turn for each name."""
    messages = [create(1.0, generate=False, input=[]), *told(1.1, events("warm"))] if warm_up else []
    for number, name in enumerate(names, 2):
        messages += [create(float(number), input=[]), *told(number + 0.1, events(name))]
    return conversation(messages, error="the WebSocket ended without a close frame (1006)")


def talk(replay: Replay, agent: Callable[[ClientWebSocketResponse], Awaitable[Any]]) -> Any:
    """Run an agent against the replay over a WebSocket."""

    async def run() -> Any:
        timeout = ClientTimeout(total=SECONDS)
        url = f"{replay.url}/v1/responses"
        async with ClientSession(timeout=timeout) as session, session.ws_connect(url, max_msg_size=0) as ws:
            return await asyncio.wait_for(agent(ws), SECONDS)

    return asyncio.run(run())


async def call(ws: ClientWebSocketResponse, **fields: Any) -> list[str]:
    """Make one call and give the messages of its answer."""
    await ws.send_json({"type": "response.create", **fields})
    answer: list[str] = []
    while not answer or json.loads(answer[-1])["type"] not in ENDS:
        answer.append(await ws.receive_str())
    return answer


def test_a_conversation_gets_its_recorded_messages() -> None:
    async def agent(ws: ClientWebSocketResponse) -> list[list[str]]:
        return [await call(ws, generate=False), await call(ws), await call(ws, input=["x" * (5 << 20)])]

    with replaying([recorded("first", "second")]) as replay:
        assert talk(replay, agent) == [events("warm"), events("first"), events("second")]
    assert [note[:24] for note in replay.server.notes] == ["call 2 differs at input["]


def test_the_fields_of_a_call_may_stand_under_response() -> None:
    async def agent(ws: ClientWebSocketResponse) -> list[str]:
        return await call(ws, response={"generate": False})

    with replaying([recorded("first")]) as replay:
        assert talk(replay, agent) == events("warm")


def test_messages_that_are_no_calls_get_no_answer() -> None:
    async def agent(ws: ClientWebSocketResponse) -> list[str]:
        await ws.send_str('{"type":"response.processed"}')
        await ws.send_str("not JSON")
        await ws.send_bytes(b"\x00")
        return await call(ws)

    with replaying([recorded("first")]) as replay:
        assert talk(replay, agent) == events("first")


def test_what_the_server_sent_before_the_first_call_is_not_sent_again() -> None:
    early, turn = told(0.5, ['{"type":"session.created"}']), [create(1.0), *told(1.1, events("first"))]
    with replaying([conversation([*early, *turn])]) as replay:
        assert talk(replay, call) == events("first")


def test_a_warm_up_that_the_recording_has_not_is_made_up() -> None:
    async def agent(ws: ClientWebSocketResponse) -> tuple[list[str], list[str]]:
        return await call(ws, generate=False), await call(ws)

    with replaying([recorded("first", warm_up=False)]) as replay:
        warm, first = talk(replay, agent)
    assert [json.loads(message)["type"] for message in warm] == ["response.created", "response.completed"]
    assert json.loads(warm[-1])["response"]["id"].startswith("resp_")
    assert first == events("first")


def test_a_second_conversation_goes_on_where_the_first_one_stopped() -> None:
    with replaying([recorded("first", "second")]) as replay:
        assert [talk(replay, call), talk(replay, call)] == [events("first"), events("second")]


def test_a_recording_that_runs_out_says_so_and_the_conversation_stays_open() -> None:
    async def agent(ws: ClientWebSocketResponse) -> list[Any]:
        return [json.loads((await call(ws))[-1]) for _ in range(3)]

    with replaying([recorded("first")]) as replay:
        _, *errors = talk(replay, agent)
    for error in errors:
        assert (error["type"], error["status"]) == ("error", 400)
        assert "has 1 answer to /v1/responses and all were given" in error["error"]["message"]
    assert [one.partition(":")[0] for one in replay.server.problems] == [
        "the agent asked 2 times for an answer that the recording does not have"
    ]


def test_an_answer_that_was_cut_short_ends_the_conversation() -> None:
    async def agent(ws: ClientWebSocketResponse) -> tuple[str, WSMsgType]:
        await ws.send_json({"type": "response.create"})
        return await ws.receive_str(), (await ws.receive()).type

    half = events("x")[:1]
    with replaying([conversation([create(1.0), *told(1.1, half)])]) as replay:
        assert talk(replay, agent) == (half[0], WSMsgType.CLOSED)


async def second_call(ws: ClientWebSocketResponse) -> list[str]:
    """Make two calls and give the answer to the second one."""
    await call(ws)
    return await call(ws, input="hello")


def test_a_turn_that_was_posted_in_the_same_run_is_served_as_messages() -> None:
    with replaying([recorded("first"), post(9.0, stream("posted"))]) as replay:
        assert talk(replay, second_call) == events("posted")


def test_an_error_that_was_posted_in_the_same_run_is_served_as_an_error_message() -> None:
    busy = post(9.0, "slow down", status=429, headers={"Content-Type": "text/plain"})
    with replaying([recorded("first"), busy]) as replay:
        error = json.loads(talk(replay, second_call)[0])
    assert (error["type"], error["status"], error["error"]["message"]) == ("error", 429, "slow down")


def test_a_stopping_server_does_not_wait_for_an_open_conversation() -> None:
    async def agent(ws: ClientWebSocketResponse) -> WSMsgType:
        await call(ws)
        stopping = asyncio.get_running_loop().run_in_executor(None, context.__exit__, None, None, None)
        end = await ws.receive()
        await stopping
        return end.type

    context = replaying([recorded("first")])
    assert talk(context.__enter__(), agent) in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR)


def test_posts_and_conversations_share_one_order() -> None:
    with replaying([recorded("first", "second")]) as replay:
        assert ask(f"{replay.url}/v1/responses", b"{}").body == stream("first").encode()
        assert talk(replay, call) == events("second")


def test_a_call_that_is_sent_whole_after_a_fault_is_no_difference() -> None:
    chained = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    messages = [
        *(create(1.0, input=chained[:1]), *told(1.1, events("one"))),
        *(create(2.0, input=chained[1:], previous_response_id="one"), *told(2.1, events("two"))),
    ]
    message = json.loads(events("one")[1])["item"]

    async def first(ws: ClientWebSocketResponse) -> None:
        await call(ws, input=chained[:1])
        await ws.send_json({"type": "response.create", "input": chained[1:], "previous_response_id": "one"})
        while (await ws.receive()).type is WSMsgType.TEXT:
            pass

    async def again(ws: ClientWebSocketResponse) -> list[str]:
        return await call(ws, input=[chained[0], message, chained[1]])

    with replaying([conversation(messages)], faults=["cut after 1 events on call 2"]) as replay:
        talk(replay, first)
        assert talk(replay, again) == events("two")
    assert replay.server.differing == []
    with replaying([conversation(messages)]) as replay:
        talk(replay, lambda ws: call(ws, input=chained[:1]))
        talk(replay, again)
    assert [one.at for one in replay.server.places] == ["previous_response_id"]


def test_settings_of_a_call_over_the_other_transport_are_compared_but_for_the_transports_own() -> None:
    more = {"model": "m", "reasoning": {"effort": "low"}, "parallel_tool_calls": False, "client_metadata": {"a": "b"}}
    recording = conversation([create(1.0, input="hello", stream=True, **more), *told(1.1, events("one"))])
    now = {"input": "hi", "model": "n", "reasoning": {"effort": "high"}, "parallel_tool_calls": True, "stream": True}
    with replaying([recording]) as replay:
        assert ask(f"{replay.url}/v1/responses", json.dumps(now).encode()).status == 200
    places = ["model", "reasoning.effort", "parallel_tool_calls", "input"]
    assert [one.at for one in replay.server.places] == places
