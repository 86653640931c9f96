"""A call gets its recorded answer only in the form that it asks for: a stream, or a whole answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Exchange, Headers
from tests.replay.replays import post, replaying, stream
from tests.support.client import ask

JSON: Headers = {"Content-Type": "application/json"}
LINES: Headers = {"Content-Type": "application/x-ndjson"}
ASKED = {"model": "m", "input": "hello"}
STREAMED = post(1.0, stream("x"), request={**ASKED, "stream": True})
WHOLE = post(2.0, {"id": "x", "output": []}, request=ASKED, headers=JSON)
FAILED = post(1.0, {"error": {"message": "no"}}, request={**ASKED, "stream": True}, headers=JSON, status=429)
BY_HAND = post(1.0, stream("x"), request=ASKED)

CASES: dict[str, tuple[Exchange, dict[str, Any], str | None]] = {
    "a stream for one that asks for it": (STREAMED, {"stream": True}, None),
    "a stream for one that does not": (STREAMED, {}, "has only a streamed answer to this call"),
    "a stream for one that refuses it": (STREAMED, {"stream": False}, "has only a streamed answer to this call"),
    "a whole answer for one that asks for a stream": (WHOLE, {"stream": True}, "has only an unstreamed answer"),
    "a whole answer, `stream: false` being the default": (WHOLE, {"stream": False}, None),
    "`stream: null` is the default too": (WHOLE, {"stream": None}, None),
    "an error has one form": (FAILED, {}, None),
    "the answer's own form counts where the request did not name it": (BY_HAND, {"stream": True}, None),
    "asked and answered alike": (BY_HAND, {}, None),
}


@pytest.mark.parametrize(("recorded", "more", "why"), CASES.values(), ids=CASES.keys())
def test_an_answer_in_the_other_form_is_a_miss(recorded: Exchange, more: dict[str, Any], why: str | None) -> None:
    with replaying([recorded]) as replay:
        answer = ask(f"{replay.url}/v1/responses", json.dumps({**ASKED, **more}).encode())
    if why:
        assert answer.status == 400
        assert why in json.loads(answer.body)["error"]["message"]
        assert why in replay.server.problems[0]
    else:
        assert answer.status == (recorded.response.status_code if recorded.response else None)
        assert replay.server.problems == []


def test_of_equal_calls_the_one_in_the_form_that_is_asked_for_is_found() -> None:
    with replaying([STREAMED, WHOLE], strict=True) as replay:
        kinds = [
            ask(f"{replay.url}/v1/responses", json.dumps(body).encode()).body[:6]
            for body in ({**ASKED, "stream": False}, {**ASKED, "stream": True})
        ]
    assert kinds == [b'{"id":', b"event:"]
    assert replay.server.differing == replay.server.problems == []


def test_the_streamed_answer_is_there_for_the_next_try_that_asks_for_it() -> None:
    with replaying([STREAMED]) as replay:
        tries = [
            ask(f"{replay.url}/v1/responses", json.dumps({**ASKED, "stream": streamed}).encode()).status
            for streamed in (False, True)
        ]
    assert tries == [400, 200]
    assert replay.server.unasked == 0


@pytest.mark.parametrize(("more", "status"), [({}, 200), ({"stream": True}, 200), ({"stream": False}, 400)])
def test_ollama_streams_unless_it_is_refused(more: dict[str, Any], status: int) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    lines = '{"message":{"role":"assistant","content":"x"},"done":true}\n'
    recorded = post(1.0, lines, request=request, headers=LINES, url="http://127.0.0.1:1/api/chat")
    with replaying([recorded], "ollama") as replay:
        assert ask(f"{replay.url}/api/chat", json.dumps({**request, **more}).encode()).status == status
    assert replay.server.differing == []
