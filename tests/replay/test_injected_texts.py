"""Texts that an agent's harness puts among the user's words find no call, but are differences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Exchange
from tests.replay.replays import SSE, Replay, post, replaying
from tests.support.client import ask

URL = "https://api.anthropic.com/v1/messages"
ANSWER = {"role": "assistant", "content": [{"type": "text", "text": "Hi."}]}


def reminder(text: str) -> dict[str, Any]:
    """Make a part that a harness puts into a message."""
    return {"type": "text", "text": f"<system-reminder>\n{text}\n</system-reminder>"}


def text(words: str, **more: Any) -> dict[str, Any]:
    """Make a part with words of the user."""
    return {"type": "text", "text": words, **more}


def stream() -> str:
    """Return an answer."""
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        **ANSWER,
        "content": [],
        "model": "m",
        "stop_reason": None,
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)


def request(*parts: Any, later: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Make a call; `later` goes on from its answer."""
    messages = [{"role": "user", "content": list(parts)}]
    if later:
        messages += [ANSWER, {"role": "user", "content": list(later)}]
    return {"model": "m", "stream": True, "messages": messages}


FIRST = [reminder("Rules: be nice"), text("Hello")]
RUN: list[Exchange] = [
    post(1.0, stream(), request=request(*FIRST), url=URL, headers=SSE),
    post(2.0, stream(), request=request(*FIRST, later=(text("More"),)), url=URL, headers=SSE),
]
AT = "call 1 differs at messages[0].content"
NICE = "<system-reminder>\\nRules: be nice\\n</system-reminder>"
CHANGES = {
    "changed": (
        [reminder("Rules: be mean"), text("Hello")],
        f'{AT}[0].text (now "{NICE.replace("nice", "mean")}", recorded "{NICE}")',
    ),
    "removed": ([text("Hello")], f"{AT}[0] of the recorded call (now nothing, recorded "),
    "added": ([*FIRST[:1], reminder("Todo"), text("Hello")], f"{AT}[1] (now "),
    "the user's words after one": ([*FIRST[:1], text("Bye")], f'{AT}[1].text (now "Bye", recorded "Hello")'),
    "a cache breakpoint": (
        [*FIRST[:1], text("Hello", cache_control={"type": "ephemeral"})],
        f'{AT}[1].cache_control (now {{"type": "ephemeral"}}, recorded nothing)',
    ),
}


def status(replay: Replay, body: Any) -> int:
    """Make a call."""
    return ask(f"{replay.url}/v1/messages", json.dumps(body).encode()).status


@pytest.mark.parametrize(("parts", "note"), CHANGES.values(), ids=CHANGES.keys())
def test_each_is_named_once_at_its_place_and_the_thread_goes_on(parts: list[Any], note: str) -> None:
    with replaying(RUN, "anthropic_messages") as replay:
        assert status(replay, request(*parts)) == 200
        assert status(replay, request(*parts, later=(text("More"),))) == 200
    (noted,) = replay.server.notes
    assert noted.startswith(note)
    assert len(replay.server.places) == 1
    assert replay.server.problems == []


@pytest.mark.parametrize(("parts", "note"), CHANGES.values(), ids=CHANGES.keys())
def test_a_strict_replay_refuses_them(parts: list[Any], note: str) -> None:
    with replaying(RUN, "anthropic_messages", strict=True) as replay:
        assert status(replay, request(*parts)) == 400
    assert note in replay.server.problems[0]


def test_one_that_comes_late_is_named_where_it_comes() -> None:
    later = (reminder("The todo list is empty."), text("More"))
    with replaying(RUN, "anthropic_messages") as replay:
        assert [status(replay, one) for one in (request(*FIRST), request(*FIRST, later=later))] == [200, 200]
    (noted,) = replay.server.notes
    assert noted.startswith("call 2 differs at messages[2].content[0] (now ")


def test_an_unchanged_one_with_the_date_is_no_difference() -> None:
    dated = [request(reminder(f"It is 2026-11-22T10:00:0{second}Z"), text("Hello")) for second in (1, 2)]
    recorded = post(1.0, stream(), request=dated[0], url=URL, headers=SSE)
    with replaying([recorded], "anthropic_messages", strict=True) as replay:
        assert status(replay, dated[1]) == 200
    assert (replay.server.problems, replay.server.notes) == ([], [])


def test_of_equal_calls_the_one_with_the_same_injected_texts_is_given() -> None:
    others = [request(reminder(name), text("Hello")) for name in ("one", "two")]
    recorded = [post(float(at), stream(), request=body, url=URL, headers=SSE) for at, body in enumerate(others, 1)]
    with replaying(recorded, "anthropic_messages", strict=True) as replay:
        assert [status(replay, body) for body in reversed(others)] == [200, 200]
    assert (replay.server.problems, replay.server.notes) == ([], [])
