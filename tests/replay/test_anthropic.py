"""A replay of a run that spoke the Messages API: two turns, and what an agent asks beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.reader import read_exchanges
from probe.renderers.loader import Renderer, load_renderer
from tests.conftest import GOLDEN
from tests.replay.replays import replaying, sent
from tests.support.client import ask

LOOP = GOLDEN / "anthropic_messages" / "streamed-tool-loop.jsonl"
PATH = "/v1/messages?beta=true"
BODY = b'{"messages": []}'
RENDERERS: dict[str, Renderer | str] = {"auto": load_renderer("auto"), "the renderer itself": "anthropic_messages"}


def loop() -> list[Any]:
    """Return the recorded run: a call of a tool, then the final text."""
    return list(read_exchanges(LOOP, lambda _number, _reason: None))


@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=RENDERERS.keys())
def test_both_turns_are_given_out_in_order_and_byte_for_byte(renderer: Renderer | str) -> None:
    with replaying(loop(), renderer) as replay:
        answers = [ask(replay.url + PATH, sent(one)) for one in loop()]
    assert [answer.body.decode() for answer in answers] == [exchange.response.body for exchange in loop()]
    assert "tool_use" in answers[0].body.decode()
    assert "There are three." in answers[1].body.decode()
    assert dict(answers[0].headers)["content-type"].startswith("text/event-stream")
    assert (replay.server.problems, replay.server.notes) == ([], [])


@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=RENDERERS.keys())
def test_what_an_agent_asks_beside_its_turns_gets_an_empty_answer(renderer: Renderer | str) -> None:
    with replaying(loop(), renderer) as replay:
        hello = ask(f"{replay.url}/api/hello", method="HEAD")
        counted = ask(f"{replay.url}/v1/messages/count_tokens?beta=true", BODY)
        ask(replay.url + PATH, sent(loop()[0]))
    assert (hello.status, hello.body) == (200, b"")
    assert json.loads(counted.body) == {"input_tokens": 1}
    assert replay.server.problems == []


def test_a_run_that_asks_for_more_is_told_so_as_the_api_tells_errors() -> None:
    with replaying(loop()[:1], "anthropic_messages") as replay:
        ask(replay.url + PATH, sent(loop()[0]))
        answer = ask(replay.url + PATH, sent(loop()[1]))
    told = json.loads(answer.body)
    assert (answer.status, told["type"], told["error"]["type"]) == (400, "error", "invalid_request_error")
    assert "the recording has 1 answer to /v1/messages and all were given" in told["error"]["message"]
