"""A replay over HTTP: what an agent gets for what it asks, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import types
from typing import Any

import pytest
from msgspec.structs import replace

from probe.record.exchange import Exchange, Headers, Request
from probe.renderers import generic
from probe.renderers.loader import FormatFunctions, Renderer, load_renderer
from probe.replay.server import ReplayServer
from tests.replay.replays import SSE, conversation, create, events, post, replaying, stream, told
from tests.support.client import Answer, ask

JSON: Headers = {"Content-Type": "application/json"}


def get(url: str, method: str = "GET") -> Answer:
    """Ask for something that is no call of the model."""
    return ask(url, method=method)


def error_of(answer: Answer) -> str:
    """Read an error in the API's shape."""
    error = json.loads(answer.body)["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    return str(error["message"])


def test_turns_are_answered_in_the_order_in_which_they_began() -> None:
    with replaying([post(2.0, stream("second")), post(1.0, stream("first"))]) as replay:
        answers = [ask(f"{replay.url}/v1/responses", b"{}").body for _ in range(2)]
    assert answers == [stream("first").encode(), stream("second").encode()]
    assert replay.server.problems == []


ENDPOINTS = {
    "the same path": ("/v1/responses", "plain"),
    "a query does not matter": ("/v1/responses?x=1", "plain"),
    "another recorded path has its own answers": ("/eu/v1/responses", "eu"),
    "an unknown prefix takes the first of that name": ("/backend-api/codex/responses", "plain"),
}


@pytest.mark.parametrize(("path", "name"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_an_endpoint_is_known_by_its_path_or_its_last_name(path: str, name: str) -> None:
    eu = post(2.0, stream("eu"), url="https://api.openai.com/eu/v1/responses")
    with replaying([post(1.0, stream("plain")), eu]) as replay:
        assert ask(replay.url + path, b"{}").body == stream(name).encode()


BODIES = {
    "CRLF stays": (stream("x").replace("\n", "\r\n"), SSE),
    "comments and text beyond ASCII stay": (': ping\n\ndata: {"type":"error","e":"é\u2028"}\n\n', SSE),
    "an unfinished last event stays": (stream("x") + "data: [DO", SSE),
    "text stays": ("upstream says: no\n", {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize(("body", "headers"), BODIES.values(), ids=BODIES.keys())
def test_a_body_comes_back_byte_for_byte(body: str, headers: Headers) -> None:
    with replaying([post(1.0, body, headers=headers)]) as replay:
        assert ask(f"{replay.url}/v1/responses", b"{}").body == body.encode()


def test_json_comes_back_with_its_own_spaces() -> None:
    exact = _answering(post(1.0, {"a": 1}, headers=JSON), body_text='{ "a": 1 }')
    with replaying([exact]) as replay:
        assert ask(f"{replay.url}/v1/responses", b"{}").body == b'{ "a": 1 }'


def test_bytes_come_back_from_base64() -> None:
    image = post(1.0, "", url="https://api.openai.com/logo", method="GET", headers={"Content-Type": "image/png"})
    with replaying([_answering(image, body="iVBORw==", body_kind="base64")]) as replay:
        assert get(f"{replay.url}/logo").body == b"\x89PNG"


def test_headers_of_the_answer_come_back_and_those_of_the_connection_do_not() -> None:
    recorded: Headers = {
        "Content-Type": "application/json",
        "X-Request-Id": "req_1",
        "Link": ["</a>", "</b>"],
        "Content-Length": "999",
        "Content-Encoding": "br",
        "Transfer-Encoding": "chunked",
        "Set-Cookie": "[REDACTED:1]",
        "Keep-Alive": "timeout=5",
    }
    with replaying([post(1.0, {"id": "r"}, status=429, headers=recorded)]) as replay:
        answer = ask(f"{replay.url}/v1/responses", b"{}")
    kept = [("Content-Type", "application/json"), ("X-Request-Id", "req_1"), ("Link", "</a>"), ("Link", "</b>")]
    kept += [("Content-Encoding", "br"), ("Set-Cookie", "[REDACTED:1]")]
    assert answer.status == 429
    assert answer.headers == [*kept, ("Transfer-Encoding", "chunked")]


def test_a_recording_that_runs_out_says_so_in_the_api_s_shape() -> None:
    with replaying([post(1.0, stream("only"))]) as replay:
        ask(f"{replay.url}/v1/responses", b"{}")
        answer = ask(f"{replay.url}/v1/responses", b"{}")
    # Any other status makes codex ask again and again.
    assert answer.status == 400
    assert "the recording has 1 answer to /v1/responses and all were given" in error_of(answer)
    asked, _, evidence = replay.server.problems[0].partition(": ")
    assert asked == "the agent asked once for an answer that the recording does not have"
    assert evidence.startswith("call 2, used up: the recording has 1 answer")


def test_a_recording_without_any_turn_says_so() -> None:
    with replaying([]) as replay:
        answer = ask(f"{replay.url}/v1/responses", b"{}")
    assert answer.status == 400
    assert "no answers to /v1/responses" in error_of(answer)


def test_an_answer_that_was_cut_short_is_cut_short_again() -> None:
    half = "event: response.created\ndata: {}\n\n"
    with (
        replaying([post(1.0, half, error="peer closed")]) as replay,
        pytest.raises(http.client.IncompleteRead) as cut,
    ):
        ask(f"{replay.url}/v1/responses", b"{}")
    assert cut.value.partial == half.encode()


def test_a_call_that_got_no_answer_gets_none_again() -> None:
    dead = Exchange(timestamp=1.0, request=Request(method="POST", url="https://h/v1/responses"), error="reset")
    with replaying([dead]) as replay, pytest.raises(http.client.RemoteDisconnected):
        ask(f"{replay.url}/v1/responses", b"{}")


def test_a_run_recorded_over_http_refuses_an_upgrade_with_426() -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    with replaying([post(1.0, stream("x"))]) as replay:
        answer = ask(f"{replay.url}/v1/responses", method="GET", headers=upgrade)
        assert answer.status == 426
        assert "post instead" in error_of(answer)
        assert ask(f"{replay.url}/v1/responses", b"{}").body == stream("x").encode()


def test_a_run_recorded_over_a_websocket_serves_an_agent_that_posts() -> None:
    warm_up = [create(1.0, generate=False, input=[]), *told(1.1, events("warm"))]
    turn = [create(2.0, previous_response_id="warm", input=[]), *told(2.1, events("first"))]
    with replaying([conversation([*warm_up, *turn], error="no close frame")]) as replay:
        answer = ask(f"{replay.url}/v1/responses", b"{}")
    assert dict(answer.headers)["Content-Type"] == "text/event-stream"
    assert answer.body == stream("first").encode()


def test_side_requests_get_their_recorded_answers_and_the_last_one_again() -> None:
    models = "https://api.openai.com/v1/models"
    sides = [post(at, {"n": at}, url=models, method="GET", headers=JSON) for at in (1.0, 2.0)]
    with replaying(sides) as replay:
        answers = [json.loads(get(f"{replay.url}/v1/models?client_version=1").body) for _ in range(3)]
    assert answers == [{"n": 1.0}, {"n": 2.0}, {"n": 2.0}]


def test_an_exact_query_goes_before_the_path_alone() -> None:
    base = "https://api.openai.com/v1/files"
    sides = [
        post(at, {"q": query}, url=f"{base}?{query}", method="GET", headers=JSON)
        for at, query in [(1.0, "a=1"), (2.0, "a=2")]
    ]
    with replaying(sides) as replay:
        assert json.loads(get(f"{replay.url}/v1/files?a=2").body) == {"q": "a=2"}


UNRECORDED = {
    "a models listing": ("GET", "/v1/models", b'{"object":"list","data":[],"models":[]}'),
    "telemetry": ("POST", "/backend-api/codex/analytics-events/events", b"{}"),
    "a HEAD request": ("HEAD", "/api/hello", b""),
}


@pytest.mark.parametrize(("method", "path", "body"), UNRECORDED.values(), ids=UNRECORDED.keys())
def test_an_unrecorded_side_request_gets_an_empty_answer_and_is_noted(method: str, path: str, body: bytes) -> None:
    with replaying([post(1.0, stream("x"))]) as replay:
        answer = get(replay.url + path, method)
    assert (answer.status, answer.body) == (200, body)
    assert f"not in the recording, so it got an empty answer: {method} {path}" in replay.server.notes


TARGETS = {
    "a tunnel": "CONNECT api.openai.com:443",
    "an absolute target": "GET http://example.org/v1/models",
    "a call of the model by an absolute target": "POST http://api.openai.com/v1/responses",
}


@pytest.mark.parametrize("line", TARGETS.values(), ids=TARGETS.keys())
def test_nothing_goes_to_another_host(line: str) -> None:
    with (
        replaying([post(1.0, stream("x"))]) as replay,
        socket.create_connection(("127.0.0.1", replay.port), timeout=10) as connection,
    ):
        connection.sendall(f"{line} HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 0\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 403
        assert f"refused {line}" in json.loads(answer.read())["error"]["message"]
    assert replay.server.problems == []


def test_large_and_encoded_requests_are_accepted() -> None:
    body = gzip.compress(json.dumps({"input": "x" * (8 << 20)}).encode())
    with replaying([post(1.0, stream("x"))]) as replay:
        answer = ask(f"{replay.url}/v1/responses", body, headers={"Content-Encoding": "gzip"})
    assert answer.status == 200


UNREADABLE = {"cut JSON": b"{bad", "no object": b"[1]", "bytes": b"\xff" * 100, "nothing": b""}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_call_without_a_json_object_is_refused(body: bytes) -> None:
    with replaying([post(1.0, stream("x"))]) as replay:
        answer = ask(f"{replay.url}/v1/responses", body)
    assert answer.status == 400
    assert "call 1 to /v1/responses has a body that is no JSON object" in error_of(answer)
    assert "no JSON object" in replay.server.problems[0]


def test_a_call_that_was_recorded_without_a_json_object_has_its_answer() -> None:
    refused = post(1.0, {"error": "bad"}, status=422, headers=JSON, request="{bad")
    with replaying([refused]) as replay:
        assert ask(f"{replay.url}/v1/responses", b"{bad").status == 422


ELSEWHERE = {
    "another API of the same provider": ("/v1/chat/completions", {}),
    "another provider's API": ("/v1/messages", {}),
    "an API with the model in its path": ("/v1beta/models/m:generateContent", {}),
    "a name of one letter less": ("/v1/response", {}),
    "a path of no known API that gets a prompt": ("/nope", {"model": "m", "prompt": "hi"}),
    "a path of no known API that gets messages": ("/v1", {"model": "m", "messages": []}),
    "a way to shorten a conversation": ("/v1/responses/compact", {"model": "m", "input": []}),
}


@pytest.mark.parametrize(("path", "body"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_call_of_a_model_at_an_unknown_endpoint_is_refused_and_listed(path: str, body: Any) -> None:
    with replaying([post(1.0, stream("x"))]) as replay:
        answers = [ask(replay.url + path, json.dumps(body).encode()) for _ in range(2)]
    assert [answer.status for answer in answers] == [400, 400]
    assert f"unknown endpoint: the recording has no answers to {path}" in error_of(answers[0])
    assert replay.server.problems[0].startswith("the agent asked 2 times for an answer that the recording does not")
    assert f"unknown endpoint, refused with status 400: POST {path} (2 times)" in replay.server.notes


def test_a_side_request_that_looks_like_a_call_gets_its_recorded_answer() -> None:
    url, request = "https://api.openai.com/v1/embeddings", {"model": "m", "input": "x"}
    with replaying([post(1.0, stream("x")), post(2.0, {"data": []}, url=url, request=request, headers=JSON)]) as replay:
        assert json.loads(ask(f"{replay.url}/v1/embeddings", json.dumps(request).encode()).body) == {"data": []}
    assert replay.server.problems == []


def test_tokens_of_another_api_can_be_counted() -> None:
    with replaying([post(1.0, stream("x"))], "anthropic_messages") as replay:
        answer = ask(f"{replay.url}/v1/messages/count_tokens", b'{"model": "m", "messages": []}')
    assert json.loads(answer.body) == {"input_tokens": 1}


def test_unrecorded_side_requests_are_listed_up_to_a_limit() -> None:
    with replaying([post(1.0, stream("x"))]) as replay:
        for number in range(23):
            get(f"{replay.url}/v1/files/{number}?at={number}")
    empty = [note for note in replay.server.notes if note.startswith("not in the recording")]
    assert len(empty) == 21
    assert empty[-1] == "not in the recording, so it got an empty answer: 3 more paths"


def test_a_taken_port_is_an_error_of_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        asyncio.run(ReplayServer([], load_renderer("auto")).start(other.getsockname()[1]))


def test_a_renderer_that_knows_no_turns_is_answered_exchange_by_exchange() -> None:
    plain = Renderer((("*", "plain", FormatFunctions(types.ModuleType("plain"))),), generic.API)
    chat = "https://h/v1/chat/completions"
    posts = [post(at, {"n": at}, url=chat, headers=JSON) for at in (1.0, 2.0)]
    listing = post(3.0, {"models": 1}, url="https://h/v1/models", method="GET", headers=JSON)
    with replaying([*posts, listing], plain) as replay:
        answers = [ask(f"{replay.url}/v1/chat/completions", b"{}") for _ in range(3)]
        assert json.loads(get(f"{replay.url}/v1/models").body) == {"models": 1}
    assert [json.loads(answer.body).get("n") for answer in answers] == [1.0, 2.0, None]
    assert answers[2].status == 400


def _answering(exchange: Exchange, **fields: Any) -> Exchange:
    """Change what is recorded of an exchange's answer."""
    assert exchange.response
    return replace(exchange, response=replace(exchange.response, **fields))
