"""A recorded run of the Gemini API answers an agent again, over real sockets."""

from __future__ import annotations

import json
from typing import Any

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers.loader import load_renderer
from probe.replay.playback import EXHAUSTED_STATUS
from tests.conftest import GOLDEN
from tests.replay.replays import post, replaying, sent
from tests.support.client import ask

MODEL = "/v1beta/models/gemini-3-pro"
RUN = list(
    read_exchanges(
        GOLDEN / "gemini_generate_content" / "streamed-tool-loop.jsonl", lambda _number, reason: print(reason)
    )
)


def answers() -> list[bytes]:
    """Return the recorded answers of the run."""
    return [exchange.response.body.encode() for exchange in RUN if exchange.response]


def array(at: float, pieces: list[Any]) -> Exchange:
    """Make an answer that was streamed as an array."""
    url = f"https://generativelanguage.googleapis.com{MODEL}:streamGenerateContent"
    return post(at, pieces, request={"contents": []}, url=url, headers={"Content-Type": "application/json"})


def test_both_turns_of_a_tool_loop_come_back() -> None:
    with replaying(RUN, "gemini_generate_content") as replay:
        got = [ask(f"{replay.url}{MODEL}:streamGenerateContent?alt=sse", sent(one)) for one in RUN]
        assert [answer.body for answer in got] == answers()
        assert {answer.status for answer in got} == {200}
        assert (replay.server.problems, replay.server.notes) == ([], [])


def test_another_prefix_names_the_same_model() -> None:
    vertex = "/v1beta1/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse"
    with replaying(RUN, "gemini_generate_content") as replay:
        assert ask(replay.url + vertex, sent(RUN[0])).body == answers()[0]


def test_a_call_too_many_gets_an_error_of_the_api() -> None:
    with replaying(RUN[:1], "gemini_generate_content") as replay:
        path = f"{replay.url}{MODEL}:streamGenerateContent"
        ask(path, sent(RUN[0]))
        answer = ask(path, sent(RUN[0]))
        error = json.loads(answer.body)["error"]
        assert (answer.status, error["code"], error["status"]) == (EXHAUSTED_STATUS, 400, "INVALID_ARGUMENT")
        assert "all were given" in error["message"]


def test_an_array_and_a_stream_of_the_same_model_come_back_in_their_order() -> None:
    pieces = [{"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]}]
    with replaying([array(1.0, pieces), array(2.0, [])], "gemini_generate_content") as replay:
        path = f"{replay.url}{MODEL}:streamGenerateContent"
        assert [json.loads(ask(path, b"{}").body) for _ in range(2)] == [pieces, []]


def test_side_requests_are_answered_emptily_and_no_call_is() -> None:
    with replaying([], "gemini_generate_content") as replay:
        assert json.loads(ask(f"{replay.url}{MODEL}:countTokens", b"{}").body) == {"totalTokens": 0}
        assert json.loads(ask(f"{replay.url}/v1beta/models", method="GET").body) == {"models": []}
        assert ask(f"{replay.url}{MODEL}:generateContent", b"{}").status == EXHAUSTED_STATUS


def test_code_assist_is_known_by_its_paths() -> None:
    case = GOLDEN / "gemini_generate_content" / "code-assist.jsonl"
    recorded = list(read_exchanges(case, lambda _number, reason: print(reason)))
    with replaying(recorded, load_renderer("auto")) as replay:
        tier = json.loads(ask(f"{replay.url}/v1internal:loadCodeAssist", b"{}").body)
        assert tier["currentTier"] == {"id": "free-tier"}
        asked = {one.request.url.partition("?")[0].rpartition(":")[2]: sent(one) for one in recorded}
        stream = f"{replay.url}/v1internal:streamGenerateContent?alt=sse"
        streamed = ask(stream, asked["streamGenerateContent"]).body
        assert b"Hello " in streamed
        assert b"simple" in ask(f"{replay.url}/v1internal:generateContent", asked["generateContent"]).body
        assert replay.server.problems == []


def test_what_goes_where_no_api_is_known_is_answered_again_and_again() -> None:
    log = post(1.0, {"n": 1}, url="https://telemetry.test/log", headers={"Content-Type": "application/json"})
    with replaying([log], load_renderer("auto")) as replay:
        assert [json.loads(ask(f"{replay.url}/log", b"{}").body) for _ in range(2)] == [{"n": 1}] * 2
        assert replay.server.problems == []
