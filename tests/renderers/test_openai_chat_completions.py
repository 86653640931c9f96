"""The Chat Completions API is told whole, whatever arrives and whoever speaks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe.renderers.markdown import markdown

from probe.analysis.raws import count_raws
from probe.record.exchange import Exchange, Headers
from probe.record.reader import read_exchanges
from probe.renderers.blocks import Block, Conversation, Failure, Raw, Reasoning, Text, ToolCall
from probe.renderers.openai_chat_completions import (
    error_answer,
    is_complete,
    request_blocks,
    response_blocks,
    side_answer,
    turns,
)
from tests.conftest import GOLDEN
from tests.replay.replays import SSE, post

CASES = sorted((GOLDEN / "openai_chat_completions").glob("*.jsonl"))
URL = "https://api.openai.com/v1/chat/completions"


def exchanges(case: str) -> list[Exchange]:
    """Give the exchanges of a golden case."""
    path = GOLDEN / "openai_chat_completions" / f"{case}.jsonl"
    return list(read_exchanges(path, lambda _number, _reason: None))


def of_type(blocks: list[Block], kind: type[Any]) -> list[Any]:
    """Pick the blocks of one type."""
    return [block for block in blocks if isinstance(block, kind)]


def stream(*chunks: Any) -> str:
    """Write chunks as a stream."""
    return "".join(f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n" for chunk in chunks)


def chunk(delta: Any, finish: str | None = None, index: int = 0) -> dict[str, Any]:
    """Make a chunk with one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def told(*chunks: Any) -> list[Block]:
    """Tell the answer of a stream."""
    return list(response_blocks(stream(*chunks), 200))


@pytest.mark.parametrize("case", [case for case in CASES if case.stem != "unknown-things"], ids=lambda case: case.stem)
def test_all_that_providers_are_known_to_send_is_understood(case: Path) -> None:
    for exchange in read_exchanges(case, lambda _number, _reason: None):
        answer = exchange.response
        blocks = [*request_blocks(exchange.request.body), *response_blocks(answer.body if answer else None, 200)]
        assert count_raws(blocks) == 0


def test_what_is_not_understood_is_counted() -> None:
    first, second, *others = exchanges("unknown-things")
    assert count_raws(request_blocks(first.request.body)) == 10
    for exchange, expected in ((first, 2), (second, 2), *((other, 0) for other in others)):
        assert exchange.response
        assert count_raws(response_blocks(exchange.response.body, 200)) == expected


A, B = '{"path":"a.txt"}', '{"path":"b.txt"}'


def call(**fields: Any) -> dict[str, Any]:
    """Make a chunk with a piece of a tool call."""
    return chunk({"tool_calls": [fields]})


def function(name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    """Make what a piece of a call has of its function."""
    told = {"name": name, "arguments": arguments}
    return {"function": {field: value for field, value in told.items() if value is not None}}


# How providers number the pieces of their calls, or do not; all mean the same two calls.
PARALLEL: dict[str, list[dict[str, Any]]] = {
    "by place, in turns": [
        call(index=0, id="a", **function("read", "")),
        call(index=1, id="b", **function("read", B[:5])),
        call(index=0, **function(None, A)),
        call(index=1, **function(None, B[5:])),
    ],
    "ids that come late": [
        call(index=0, **function("read", A[:5])),
        call(index=0, id="a", **function(None, A[5:])),
        call(index=1, **function("read", B)),
        call(index=1, id="b"),
    ],
    "id and name in each piece": [
        *(call(index=0, id="a", **function("read", piece)) for piece in (A[:3], A[3:])),
        *(call(index=1, id="b", **function("read", piece)) for piece in (B[:3], B[3:])),
    ],
    "all at one place": [call(index=0, id="a", **function("read", A)), call(index=0, id="b", **function("read", B))],
    "ids and no places": [
        call(id="a", **function("read", A[:3])),
        call(**function(None, A[3:])),
        call(id="b", **function("read", B)),
    ],
    "both in one chunk": [
        chunk(
            {
                "tool_calls": [
                    {"index": 0, "id": "a", **function("read", A)},
                    {"index": 1, "id": "b", **function("read", B)},
                ]
            }
        )
    ],
    "arguments that are parsed": [
        call(index=0, id="a", **function("read", json.loads(A))),
        call(index=1, id="b", **function("read", json.loads(B))),
    ],
    "a name in pieces": [
        call(index=0, id="a", **function("re", "")),
        call(index=0, **function("ad", A)),
        call(index=1, id="b", **function("read", B)),
    ],
}


@pytest.mark.parametrize("chunks", PARALLEL.values(), ids=PARALLEL.keys())
def test_parallel_calls_are_kept_apart_however_they_are_numbered(chunks: list[dict[str, Any]]) -> None:
    calls = of_type(told(*chunks, chunk({}, "tool_calls"), "[DONE]"), ToolCall)
    found = [(one.call_id, one.name, one.arguments, one.finished) for one in calls]
    assert found == [("a", "read", {"path": "a.txt"}, True), ("b", "read", {"path": "b.txt"}, True)]


def test_calls_without_place_and_id_begin_with_their_names() -> None:
    chunks = [call(**function("read", A[:3])), call(**function(None, A[3:])), call(**function("read", B))]
    calls = of_type(told(*chunks, "[DONE]"), ToolCall)
    assert [one.arguments for one in calls] == [json.loads(A), json.loads(B)]


def test_only_the_call_in_which_a_stream_broke_off_is_unfinished() -> None:
    chunks = [call(index=0, id="a", **function("read", A)), call(index=1, id="b", **function("read", B[:6]))]
    assert [one.finished for one in of_type(told(*chunks), ToolCall)] == [True, False]
    assert [one.finished for one in of_type(told(*chunks, "[DONE]"), ToolCall)] == [True, True]


THOUGHTS = {
    "reasoning_content": [{"reasoning_content": "Think"}, {"reasoning_content": "ing."}],
    "reasoning": [{"reasoning": "Think"}, {"reasoning": "ing."}],
    "both": [{"reasoning": piece, "reasoning_content": piece} for piece in ("Think", "ing.")],
    "details": [
        {"reasoning": piece, "reasoning_details": [{"type": "reasoning.text", "text": piece, "index": 0}]}
        for piece in ("Think", "ing.")
    ],
    "parts": [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]}
        for piece in ("Think", "ing.")
    ],
}


@pytest.mark.parametrize("deltas", THOUGHTS.values(), ids=THOUGHTS.keys())
def test_thinking_is_told_once_however_it_is_sent(deltas: list[dict[str, Any]]) -> None:
    blocks = told(*map(chunk, deltas), chunk({"content": "Done."}, "stop"))
    assert [block.text for block in of_type(blocks, Reasoning)] == ["Thinking."]
    assert [block.text for block in of_type(blocks, Text)] == ["Done."]


ENDS: dict[str, tuple[tuple[Any, ...], bool]] = {
    "DONE": ((chunk({"content": "a"}), "[DONE]"), True),
    "a finish reason": ((chunk({"content": "a"}, "stop"),), True),
    "an error": ((chunk({"content": "a"}), {"error": {"message": "no"}}), True),
    "neither": ((chunk({"content": "a"}),), False),
    "nothing": ((), False),
    "one of two choices finished": ((chunk({"content": "a"}, "stop"), chunk({"content": "b"}, index=1)), False),
    "both of two choices finished": ((chunk({}, "stop"), chunk({}, "stop", index=1)), True),
}


@pytest.mark.parametrize("error", [None, "Client disconnected."])
@pytest.mark.parametrize(("chunks", "complete"), ENDS.values(), ids=ENDS.keys())
def test_the_apis_own_end_counts_however_the_connection_ended(
    chunks: tuple[Any, ...], complete: bool, error: str | None
) -> None:
    exchange = post(1.0, stream(*chunks) or ": ping\n\n", url=URL, error=error)
    assert is_complete(exchange) is complete


def test_an_event_that_is_named_error_is_an_end() -> None:
    assert is_complete(post(1.0, stream(chunk({"content": "a"})) + "event: error\ndata: no\n\n", url=URL))


def test_a_choice_that_was_asked_for_and_never_came_is_missed() -> None:
    answer = stream(chunk({"content": "a"}, "stop"))
    assert not is_complete(post(1.0, answer, url=URL, request={"n": 2, "messages": []}))
    assert is_complete(post(1.0, answer, url=URL, request={"n": 1, "messages": []}))


def test_a_whole_body_is_complete_and_half_of_one_is_not() -> None:
    headers: Headers = {"Content-Type": "application/json"}
    cut = "Client disconnected."
    assert is_complete(post(1.0, {"choices": []}, headers=headers, url=URL, error=cut))
    assert is_complete(post(1.0, '{"choices": []}', headers=headers, url=URL, error=cut))
    assert not is_complete(post(1.0, '{"choices": [{"mess', headers=headers, url=URL, error=cut))
    assert is_complete(post(1.0, '{"choices": []}', headers=SSE, url=URL)), "whole, under the name of a stream"


def test_a_post_is_one_turn_with_its_messages_as_the_input() -> None:
    messages = [{"role": "user", "content": "Hi."}]
    [turn] = turns(post(7.0, stream("[DONE]"), request={"messages": messages}, url=f"{URL}?api-version=1"))
    assert (turn.path, turn.complete, turn.warm_up, turn.websocket) == ("/v1/chat/completions", True, False, False)
    assert (turn.status_code, turn.content_type, turn.started) == (200, "text/event-stream", 7.0)
    assert turn.full_input is not None
    assert list(turn.full_input) == messages


SIDES = {
    "the list of models": post(1.0, {"data": []}, url="https://api.openai.com/v1/models", method="GET", headers={}),
    "embeddings": post(1.0, {"data": []}, url="https://api.openai.com/v1/embeddings", headers={}),
    "the list of stored completions": post(1.0, {"data": []}, url=URL, method="GET", headers={}),
}


@pytest.mark.parametrize("exchange", SIDES.values(), ids=SIDES.keys())
def test_what_is_no_call_of_the_model_has_no_turn(exchange: Exchange) -> None:
    assert turns(exchange) == []
    assert is_complete(exchange)


def test_side_answers_are_plausible_and_none_where_a_model_call_belongs() -> None:
    assert side_answer("POST", "/v1/chat/completions") is None
    assert side_answer("POST", "/openai/deployments/mine/chat/completions/") is None
    assert side_answer("GET", "/v1/models") == {"object": "list", "data": []}
    assert side_answer("POST", "/v1/embeddings") == {}


def test_an_error_of_ours_is_told_as_the_apis_own() -> None:
    [failure] = response_blocks(error_answer(400, "used up"), 400)
    assert isinstance(failure, Failure)
    assert (failure.message, failure.code) == ("used up", "invalid_request_error")


# -- nothing is too odd -----------------------------------------------------------------------------------------

STREAMS = [
    exchange.response.body
    for case in CASES
    for exchange in read_exchanges(case, lambda _number, _reason: None)
    if exchange.response and isinstance(exchange.response.body, str) and "data:" in exchange.response.body
]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_stream_cut_anywhere_is_told(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(STREAMS))
    assert markdown(response_blocks(body[: data.draw(st.integers(0, len(body)))], 200))


@given(st.text(min_size=1), st.lists(st.integers(0, 100)))
@settings(deadline=None)
def test_where_a_text_is_cut_into_chunks_makes_no_difference(text: str, places: list[int]) -> None:
    cuts = sorted({min(place, len(text)) for place in places})
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    for field, kind in (("content", Text), ("reasoning_content", Reasoning)):
        blocks = told(*(chunk({field: piece}) for piece in pieces), "[DONE]")
        assert [block.text for block in of_type(blocks, kind)] == [text]
    arguments = json.dumps({"text": text})
    places = sorted({min(place, len(arguments)) for place in places})
    parts = [arguments[begin:end] for begin, end in zip([0, *places], [*places, len(arguments)], strict=True)]
    blocks = told(*(call(index=0, id="a", **function("f", part)) for part in parts), "[DONE]")
    assert [one.arguments for one in of_type(blocks, ToolCall)] == [{"text": text}]


NAMES = st.sampled_from(
    [
        *("role", "content", "refusal", "audio", "images", "tool_calls", "function_call", "reasoning", "index", "id"),
        *("reasoning_content", "reasoning_details", "function", "custom", "name", "arguments", "type", "text", "data"),
        *("annotations", "image_url", "url", "thinking", "finish_reason", "delta", "message", "choices", "error"),
        *("detail", "loc", "logprobs", "usage", "tool_call_id", "transcript", "summary", "input", "code", "object"),
    ]
)
KINDS = st.sampled_from(
    [
        "text",
        "image_url",
        "input_audio",
        "file",
        "function",
        "custom",
        "thinking",
        "user",
        "tool",
        "function",
        "assistant",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(JSON, JSON)
@settings(max_examples=400, deadline=None)
def test_no_request_and_no_answer_is_too_odd(value: Any, other: Any) -> None:
    message = {**(value if isinstance(value, dict) else {}), "role": "assistant", "content": other}
    markdown(request_blocks(value))
    markdown(request_blocks({"messages": [value, message, {"role": "tool", "content": value}], "tools": [value]}))
    markdown(request_blocks({"messages": value, "tools": value, "functions": value}))
    for status in (200, 500):
        markdown(response_blocks(value, status))
        markdown(response_blocks({"choices": [value, {"message": message}], "usage": value, "error": other}, status))
        markdown(response_blocks({"error": value, "detail": other}, status))
        markdown(response_blocks({"detail": value, "errors": [other]}, status))


@given(JSON, JSON)
@settings(max_examples=400, deadline=None)
def test_no_chunk_is_too_odd(value: Any, other: Any) -> None:
    fields = ("content", "tool_calls", "function_call", "audio", "reasoning_details", "annotations", "refusal")
    delta = {**(other if isinstance(other, dict) else {}), **dict.fromkeys(fields, value)}
    choice = {**(value if isinstance(value, dict) else {}), "index": other}
    events = [value, {"choices": [value]}, {"choices": value}, chunk(value), chunk(delta), chunk(delta)]
    body = stream(*events, {"choices": [choice, choice], "usage": other, "error": value})
    markdown(response_blocks(body, 200))
    markdown(response_blocks(tuple(json.dumps(event) for event in events), 200))
    is_complete(post(1.0, body, headers=SSE, url=URL, request={"n": other, "messages": value}))


def test_a_stream_of_another_api_is_told_generically() -> None:
    assert count_raws(response_blocks('event: ping\ndata: {"type": "ping"}\n\n', 200)) == 0


def test_a_message_without_a_role_is_raw() -> None:
    (conversation,) = of_type(list(request_blocks({"messages": [{"content": "x"}]})), Conversation)
    assert [type(block) for block in conversation.entries[0].content] == [Raw]
