"""The Messages API is told whole, whatever arrives; its turns are what a replay needs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe.renderers.markdown import markdown

from probe.analysis.raws import count_raws
from probe.record.exchange import Exchange, Headers, Request, Response
from probe.record.reader import read_exchanges
from probe.renderers.anthropic_messages import (
    error_answer,
    format_response_body,
    is_complete,
    request_blocks,
    response_blocks,
    side_answer,
    turns,
)
from probe.renderers.anthropic_messages.content import CALLS, PARTS
from probe.renderers.anthropic_messages.stream import DELTAS, EVENTS
from probe.renderers.blocks import Block, Conversation, Note, Raw, Text, ToolCall, ToolResult
from tests.conftest import GOLDEN
from tests.replay.replays import SSE, post

CASES = GOLDEN / "anthropic_messages"
JSON: Headers = {"content-type": "application/json"}
MESSAGES = "https://api.anthropic.com/v1/messages"
VERTEX = "https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models"


def exchanges(case: str) -> list[Exchange]:
    """Give the exchanges of a golden case."""
    return list(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))


def answer_of(case: str) -> Any:
    """Give the answer of a golden case's first exchange."""
    response = exchanges(case)[0].response
    return response.body if response else None


def stream(*events: dict[str, Any]) -> str:
    """Write events as a stream."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def of_type(blocks: list[Block], kind: type[Any]) -> list[Any]:
    """Pick the blocks of one type."""
    return [block for block in blocks if isinstance(block, kind)]


def start(**usage: Any) -> dict[str, Any]:
    """Begin a message."""
    return {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": usage}}


def begin(index: int, **block: Any) -> dict[str, Any]:
    """Begin a content block."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    """Go on with a content block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def ending(reason: str = "end_turn", **usage: Any) -> list[dict[str, Any]]:
    """End a message."""
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}, {"type": "message_stop"}]


HELLO = stream(start(input_tokens=1), begin(0, type="text", text=""), delta(0, "text_delta", text="Hi."), *ending())

# -- what is told -------------------------------------------------------------------------------------------------

USAGES = {
    "later values win and are not added": (
        {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 5},
        {"input_tokens": 20, "output_tokens": 7, "cache_read_input_tokens": 6},
        "26 input (6 cached) | 7 output | 33 total",
    ),
    "what comes later and says nothing leaves what was": (
        {"input_tokens": 10, "output_tokens": 1, "cache_creation_input_tokens": 4},
        {"output_tokens": 3, "input_tokens": None, "cache_creation_input_tokens": None},
        "14 input (4 written to the cache) | 3 output | 17 total",
    ),
    "what only the end tells counts": (
        {},
        {"input_tokens": 2, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 1}},
        "2 input | 3 output (1 reasoning) | 5 total",
    ),
    "nothing is made up": ({"input_tokens": 2}, {}, "2 input | ? output | ? total"),
}


@pytest.mark.parametrize(("first", "last", "line"), USAGES.values(), ids=USAGES.keys())
def test_the_usages_of_a_stream_are_one(first: dict[str, Any], last: dict[str, Any], line: str) -> None:
    shown = format_response_body(stream(start(**first), *ending(**last)), 200)
    assert shown.count("**Usage:**") == 1
    assert f"**Usage:** {line}\n" in shown


def test_of_the_cache_is_told_how_long_it_is_kept_and_of_tools_how_often_they_were_asked() -> None:
    created = {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 0}
    searched = {"web_search_requests": 2, "web_fetch_requests": 0}
    usage = {"input_tokens": 1, "output_tokens": 1, "cache_creation": created, "server_tool_use": searched}
    shown = format_response_body({"type": "message", "content": [], "usage": usage}, 200)
    assert '`{ "ephemeral_5m_input_tokens": 7 }`' in shown
    assert '`{ "web_search_requests": 2 }`' in shown


@given(st.text(min_size=1), st.lists(st.integers(0, 100)))
def test_text_is_put_together_once(text: str, places: list[int]) -> None:
    cuts = sorted({min(place, len(text)) for place in places})
    pieces = [text[first:last] for first, last in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    body = stream(start(), begin(0, type="text", text=""), *(delta(0, "text_delta", text=one) for one in pieces))
    assert [block.text for block in of_type(list(response_blocks(body, 200)), Text)] == [text]


ARGUMENTS = {
    "whole": (['{"a"', ": 1}"], True, {"a": 1}, True),
    "none": ([""], True, {}, True),
    "cut short": (['{"a": "b'], False, '{"a": "b', False),
    "ended, and yet no JSON, as an eager stream may be": (['{"a": "b'], True, '{"a": "b', True),
}


@pytest.mark.parametrize(("pieces", "stops", "told", "finished"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_arguments_are_told_as_far_as_they_came(pieces: list[str], stops: bool, told: Any, finished: bool) -> None:
    events = [start(), begin(0, type="tool_use", id="t", name="run", input={})]
    events += [delta(0, "input_json_delta", partial_json=piece) for piece in pieces]
    events += [{"type": "content_block_stop", "index": 0}] if stops else []
    (call,) = of_type(list(response_blocks(stream(*events), 200)), ToolCall)
    assert (call.name, call.arguments, call.finished) == ("run", told, finished)


def test_an_answer_reads_the_same_streamed_and_whole() -> None:
    part = {"type": "tool_use", "id": "t", "name": "run", "input": {"a": 1}}
    message = {"id": "m", "role": "assistant", "stop_reason": "tool_use", "usage": {"input_tokens": 1}}
    whole = {**message, "type": "message", "content": [{"type": "text", "text": "Hi."}, part]}
    streamed = stream(
        start(input_tokens=1),
        begin(0, type="text", text=""),
        delta(0, "text_delta", text="Hi."),
        begin(1, **{**part, "input": {}}),
        delta(1, "input_json_delta", partial_json='{"a": 1}'),
        {"type": "content_block_stop", "index": 1},
        *ending("tool_use"),
    )
    assert list(response_blocks(streamed, 200))[1:] == list(response_blocks(whole, 200))


def test_a_stream_of_another_api_is_told_generically() -> None:
    assert count_raws(response_blocks(stream({"type": "response.created"}), 200)) == 0


def test_each_breakpoint_of_the_cache_is_named_once_in_all_and_once_in_its_place() -> None:
    request = exchanges("system-with-cache-breakpoints")[0].request.body
    (summary,) = of_type(list(request_blocks(request)), Note)
    assert summary.text.count("(") == 4
    # Definitions of tools are shown as they were sent.
    assert markdown(request_blocks(request)).count("*Cache breakpoint (") == 3


def test_what_is_not_understood_is_counted() -> None:
    exchange = exchanges("unknown-things")[0]
    assert count_raws(request_blocks(exchange.request.body)) == 7
    assert count_raws(response_blocks(answer_of("unknown-things"), 200)) == 5


FAILED = {
    "it says so": ({"is_error": True, "content": "no"}, True),
    "it says the opposite": ({"is_error": False, "content": "yes"}, False),
    "it says nothing": ({"content": "yes"}, None),
    "an error of the API's own tools": ({"content": {"type": "web_search_tool_result_error", "error_code": "x"}}, True),
}


@pytest.mark.parametrize(("fields", "failed"), FAILED.values(), ids=FAILED.keys())
def test_a_result_tells_whether_it_failed(fields: dict[str, Any], failed: bool | None) -> None:
    part = {"type": "web_search_tool_result", "tool_use_id": "t", **fields}
    (result,) = of_type(list(response_blocks({"type": "message", "content": [part]}, 200)), ToolResult)
    assert result.failed is failed


def test_a_plain_string_is_one_text() -> None:
    (conversation,) = of_type(list(request_blocks({"messages": [{"role": "user", "content": "Hi."}]})), Conversation)
    assert [(entry.role, entry.type) for entry in conversation.entries] == [("user", "text")]


# -- nothing is too odd -------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        *("type", "role", "content", "messages", "system", "tools", "model", "text", "id", "input", "name", "source"),
        *("data", "url", "title", "citations", "cache_control", "error", "message", "usage", "delta", "stop_reason"),
        *("content_block", "index", "thinking", "signature", "tool_references", "tool", "from", "to", "stop_details"),
        *("requests", "custom_id", "params", "result", "thread", "lines", "definition", "encrypted_content", "caller"),
    ]
)
KINDS = st.sampled_from(
    [*sorted(PARTS), *sorted(CALLS), "text", "base64", "url", "file", "content", "ephemeral", "message", "errored"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES, VALUES)
@settings(max_examples=400)
def test_no_request_and_no_answer_is_too_odd(value: Any, other: Any) -> None:
    markdown(request_blocks(value))
    markdown(request_blocks({"messages": [value], "tools": [value], "system": other, "model": value, "thread": other}))
    markdown(request_blocks({"requests": [{"custom_id": value, "params": other}, value]}))
    for status in (200, 500):
        markdown(response_blocks(value, status))
        markdown(response_blocks({"content": [value], "role": "assistant", "usage": other, "stop_reason": value}, 200))
        markdown(response_blocks({"error": value, "data": [other]}, status))
    markdown(response_blocks(json.dumps({"custom_id": value, "result": other}) + "\n" + json.dumps(value), 200))


@given(st.sampled_from([*sorted(PARTS), *sorted(CALLS), "text"]), st.dictionaries(NAMES, VALUES, max_size=6))
@settings(max_examples=400)
def test_no_content_block_is_too_odd(kind: str, fields: dict[str, Any]) -> None:
    markdown(request_blocks({"messages": [{"role": "user", "content": [{**fields, "type": kind}]}]}))


@given(st.sampled_from(sorted(EVENTS)), st.sampled_from(sorted(DELTAS)), VALUES, VALUES)
@settings(max_examples=400)
def test_no_event_is_too_odd(kind: str, delta_kind: str, value: Any, other: Any) -> None:
    fields = ("delta", "content_block", "message", "index", "usage", "error")
    event = {**(other if isinstance(other, dict) else {}), **dict.fromkeys(fields, value), "type": kind}
    texts = ("text", "partial_json", "thinking", "signature", "citation", "content", "estimated_tokens")
    odd = {"type": "content_block_delta", "delta": {**dict.fromkeys(texts, value), "type": delta_kind}}
    markdown(response_blocks(stream(event, odd, event, {"type": "message_delta", "delta": {}, "usage": other}), 200))


@given(st.data())
@settings(max_examples=50)
def test_a_stream_cut_anywhere_is_told(data: st.DataObject) -> None:
    body = answer_of("server-tools")
    assert markdown(response_blocks(body[: data.draw(st.integers(0, len(body)))], 200))


def test_a_lone_surrogate_is_shown() -> None:
    part = {"type": "tool_use", "name": "a", "input": {"x": "\ud800"}}
    body = {"type": "message", "content": [part, {"type": "odd", "x": "\ud800"}, {"type": "text", "text": "\ud800"}]}
    assert markdown(response_blocks(body, 200)).count("\\ud800") == 3


# -- turns --------------------------------------------------------------------------------------------------------

FIRST = {"role": "user", "content": "Hi."}


def test_a_post_is_one_turn() -> None:
    request = {"model": "m", "messages": [FIRST]}
    [turn] = turns(post(7.0, HELLO, request=request, url=f"{MESSAGES}?beta=true"))
    assert (turn.path, turn.websocket, turn.warm_up, turn.complete) == ("/v1/messages", False, False, True)
    assert (turn.status_code, turn.content_type, turn.response) == (200, "text/event-stream", HELLO)
    assert (turn.request, list(turn.full_input or ()), turn.started) == (request, [FIRST], 7.0)


NO_TURNS: dict[str, tuple[str, str, Any]] = {
    "a count of tokens": ("POST", f"{MESSAGES}/count_tokens", {"messages": []}),
    "a batch": ("POST", f"{MESSAGES}/batches", {"requests": []}),
    "a listing": ("GET", MESSAGES, None),
    "a count of tokens on Vertex": ("POST", f"{VERTEX}/count-tokens:rawPredict", {"messages": []}),
    "a message of another API": ("POST", "https://h/v1/threads/t/messages", {"role": "user", "content": "Hi."}),
}


@pytest.mark.parametrize(("method", "url", "body"), NO_TURNS.values(), ids=NO_TURNS.keys())
def test_what_calls_no_model_is_no_turn(method: str, url: str, body: Any) -> None:
    request = Request(method=method, url=url, body=body)
    exchange = Exchange(timestamp=1.0, request=request, response=Response(status_code=200, body={}))
    assert turns(exchange) == []
    assert is_complete(exchange)


@pytest.mark.parametrize("path", [f"{VERTEX}/m:rawPredict", f"{VERTEX}/m:streamRawPredict", f"{MESSAGES}/"])
def test_a_turn_goes_to_any_of_the_apis_addresses(path: str) -> None:
    assert len(turns(post(1.0, HELLO, request={"messages": [FIRST]}, url=path))) == 1


COMPLETE = {
    "the end came": (HELLO, None, True),
    "the end came, and then the connection went": (HELLO, "reset", True),
    "an error ended it": (stream(start(), {"type": "error", "error": {}}), "reset", True),
    "no end came": (stream(start()), None, False),
    "the end came in part": (HELLO[:-2], None, False),
    "another API's stream": ('data: {"choices": []}\n\ndata: [DONE]\n\n', None, True),
    "another API's stream, broken off": ('data: {"choices": []}\n\n', "reset", False),
}


@pytest.mark.parametrize(("body", "error", "complete"), COMPLETE.values(), ids=COMPLETE.keys())
def test_a_stream_is_complete_where_the_api_says_so(body: str, error: str | None, complete: bool) -> None:
    exchange = post(1.0, body, request={"messages": [FIRST]}, url=MESSAGES, headers=SSE, error=error)
    assert is_complete(exchange) is complete
    assert [turn.complete for turn in turns(exchange)] == [complete]


@pytest.mark.parametrize(("error", "complete"), [(None, True), ("reset", False)])
def test_a_whole_answer_is_complete_where_nothing_cut_it(error: str | None, complete: bool) -> None:
    exchange = post(1.0, {"type": "message"}, request={"messages": []}, url=MESSAGES, headers=JSON, error=error)
    assert is_complete(exchange) is complete


def test_a_call_without_an_answer_is_incomplete() -> None:
    request = Request(method="POST", url=MESSAGES, body={"messages": []})
    dead = Exchange(timestamp=1.0, request=request, error="reset")
    assert not is_complete(dead)
    assert [turn.status_code for turn in turns(dead)] == [None]


def test_what_lies_with_the_api_is_not_made_up() -> None:
    thread = {"type": "continue", "previous_message_id": "msg_1"}
    [turn] = turns(post(1.0, HELLO, request={"messages": [FIRST], "thread": thread}, url=MESSAGES))
    assert turn.full_input is None


SIDES: dict[str, tuple[str, str, Any]] = {
    "a model call": ("POST", "/v1/messages", None),
    "a model call on Vertex": ("POST", "/v1/projects/p/models/m:streamRawPredict", None),
    "a count of tokens": ("POST", "/v1/messages/count_tokens", {"input_tokens": 1}),
    "a hello": ("HEAD", "/api/hello", {}),
    "the models": ("GET", "/v1/models", {"data": [], "has_more": False, "first_id": None, "last_id": None}),
    "telemetry": ("POST", "/api/event_logging/batch", {}),
}


@pytest.mark.parametrize(("method", "path", "answer"), SIDES.values(), ids=SIDES.keys())
def test_a_side_request_gets_a_plausible_empty_answer(method: str, path: str, answer: Any) -> None:
    assert side_answer(method, path) == answer


ERRORS = {400: "invalid_request_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}


@pytest.mark.parametrize(("status", "kind"), ERRORS.items())
def test_an_error_is_written_as_the_api_writes_it(status: int, kind: str) -> None:
    answer = error_answer(status, "no")
    assert answer == {"type": "error", "error": {"type": kind, "message": "no"}}
    assert of_type(list(response_blocks(answer, status)), Raw) == []
