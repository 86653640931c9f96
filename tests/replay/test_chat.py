"""A replay of the Chat Completions API: a run of two turns with a tool call, over real sockets."""

from __future__ import annotations

import http.client
import json

import pytest

from probe.record.exchange import Exchange, Headers
from probe.record.reader import read_exchanges
from probe.renderers.loader import Renderer, load_renderer
from tests.conftest import GOLDEN
from tests.replay.replays import post, replaying, sent
from tests.support.client import ask

CASES = GOLDEN / "openai_chat_completions"
PATH = "/v1/chat/completions"
JSON: Headers = {"Content-Type": "application/json"}


def recorded(case: str) -> list[Exchange]:
    """Return the exchanges of a golden case."""
    return list(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))


def models() -> Exchange:
    """Make the list of models that an agent asks for first."""
    answer = {"object": "list", "data": [{"id": "m"}]}
    return post(0.5, answer, url="https://api.openai.com/v1/models", method="GET", headers=JSON)


@pytest.mark.parametrize("renderer", ["openai_chat_completions", load_renderer("auto")], ids=["by name", "by path"])
def test_both_turns_of_a_tool_loop_come_back_byte_for_byte(renderer: Renderer | str) -> None:
    run = recorded("streamed-tool-loop")
    with replaying([models(), *run], renderer) as replay:
        assert json.loads(ask(f"{replay.url}/v1/models", method="GET").body)["data"] == [{"id": "m"}]
        answers = [ask(replay.url + PATH, sent(exchange)) for exchange in run]
    assert [answer.body.decode() for answer in answers] == [
        exchange.response.body for exchange in run if exchange.response
    ]
    assert replay.server.problems == []
    assert replay.server.notes == []


def test_a_call_too_many_gets_the_apis_own_error() -> None:
    run = recorded("whole-answer-with-a-tool-call")
    with replaying(run, "openai_chat_completions") as replay:
        for exchange in run:
            assert exchange.response
            assert json.loads(ask(replay.url + PATH, sent(exchange)).body) == exchange.response.body
        refused = ask(replay.url + PATH, sent(run[-1]))
    error = json.loads(refused.body)["error"]
    assert (refused.status, sorted(error)) == (400, ["code", "message", "param", "type"])
    assert "all were given" in error["message"]
    assert replay.server.problems


def test_what_was_not_recorded_is_answered_emptily_but_a_call_is_not() -> None:
    with replaying([], "openai_chat_completions") as replay:
        assert json.loads(ask(f"{replay.url}/v1/models", method="GET").body) == {"object": "list", "data": []}
        assert ask(replay.url + PATH, b"{}").status == 400


def test_a_stream_that_was_cut_short_breaks_off_again() -> None:
    cut = recorded("streams-cut-short")[0]
    assert cut.response
    with replaying([cut], "openai_chat_completions") as replay, pytest.raises(http.client.IncompleteRead) as broken:
        ask(replay.url + PATH, b'{"stream":true}')
    assert broken.value.partial.decode() == cut.response.body


def test_a_stream_that_came_to_its_end_before_the_connection_broke_is_whole() -> None:
    ended = recorded("streams-cut-short")[2]
    assert ended.response
    assert ended.error
    with replaying([ended], "openai_chat_completions") as replay:
        assert ask(replay.url + PATH, b'{"stream":true}').body.decode() == ended.response.body
