"""The Messages API: every part of a request and of an answer is read, whatever arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers.anthropic_messages import API
from probe.renderers.anthropic_messages.content import PARTS
from probe.renderers.anthropic_messages.stream import EVENTS
from probe.renderers.anthropic_messages.streamed_part import DELTAS
from probe.renderers.api import Answer, Asked, EventSource, Kind, Stop
from probe.renderers.blocks import (
    Block,
    CacheBreakpoint,
    Failure,
    Incomplete,
    Message,
    Refusal,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from probe.renderers.events import split_stream
from probe.renderers.json_reader import json_of
from tests.conftest import GOLDEN
from tests.renderers.reading import (
    every_block,
    of_type,
    places,
    read_answer,
    read_blocks,
    read_request,
    read_split,
    unknowns,
)

CASES = GOLDEN / "anthropic_messages"
MESSAGES = "/v1/messages"
VERTEX = "/v1/projects/p/locations/l/publishers/anthropic/models"


def exchanges(case: str) -> list[Exchange]:
    """Return the exchanges of a golden case."""
    return list(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))


def answer_of(case: str) -> Any:
    """Return the answer of a golden case's first exchange."""
    response = exchanges(case)[0].response
    return response.body if response else None


def stream(*events: dict[str, Any]) -> str:
    """Write events as a stream."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def read(body: Any) -> Answer:
    """Return the answer that a body is."""
    answer = read_answer(API, body, MESSAGES)
    assert answer
    return answer


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

# -- answers ------------------------------------------------------------------------------------------------------

USAGES = {
    "later values win and are not added": (
        {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 5},
        {"input_tokens": 20, "output_tokens": 7, "cache_read_input_tokens": 6},
        Usage(input=26, output=7, total=33, cache_read=6),
    ),
    "a later null leaves what was": (
        {"input_tokens": 10, "output_tokens": 1, "cache_creation_input_tokens": 4},
        {"output_tokens": 3, "input_tokens": None, "cache_creation_input_tokens": None},
        Usage(input=14, output=3, total=17, cache_write=4),
    ),
    "what only the end reports counts": (
        {},
        {"input_tokens": 2, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 1}},
        Usage(input=2, output=3, total=5, reasoning=1),
    ),
    "nothing is made up": ({"input_tokens": 2}, {}, Usage(input=2, output=None, total=None)),
}


@pytest.mark.parametrize(("first", "last", "usage"), USAGES.values(), ids=USAGES.keys())
def test_the_usages_of_a_stream_are_one(first: dict[str, Any], last: dict[str, Any], usage: Usage) -> None:
    answer = read(stream(start(**first), *ending(**last)))
    assert answer.usage == usage
    assert of_type(answer.blocks, Usage) == [usage]


def test_the_lifetimes_of_the_cache_and_the_calls_of_the_api_s_own_tools_are_shown() -> None:
    created = {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 0}
    searched = {"web_search_requests": 2, "web_fetch_requests": 0}
    usage = {"input_tokens": 1, "output_tokens": 1, "cache_creation": created, "server_tool_use": searched}
    answer = read({"type": "message", "content": [], "usage": usage})
    assert Settings(
        pairs=(("cache_creation", {"ephemeral_5m_input_tokens": 7}), ("server_tool_use", {"web_search_requests": 2}))
    ) in list(answer.blocks)


@given(st.text(min_size=1), st.lists(st.integers(0, 100)))
def test_text_is_put_together_once(text: str, places: list[int]) -> None:
    cuts = sorted({min(place, len(text)) for place in places})
    pieces = [text[first:last] for first, last in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    body = stream(start(), begin(0, type="text", text=""), *(delta(0, "text_delta", text=one) for one in pieces))
    assert [block.text for block in of_type(read(body).blocks, Text)] == [text]


ARGUMENTS = {
    "whole": (['{"a"', ": 1}"], True, {"a": 1}, True),
    "none": ([""], True, {}, True),
    "cut short": (['{"a": "b'], False, '{"a": "b', False),
    "ended, and yet no JSON, as an eager stream may be": (['{"a": "b'], True, '{"a": "b', True),
}


@pytest.mark.parametrize(("pieces", "stops", "arguments", "finished"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_arguments_are_read_as_far_as_they_came(pieces: list[str], stops: bool, arguments: Any, finished: bool) -> None:
    events = [start(), begin(0, type="tool_use", id="t", name="run", input={})]
    events += [delta(0, "input_json_delta", partial_json=piece) for piece in pieces]
    events += [{"type": "content_block_stop", "index": 0}] if stops else []
    (call,) = of_type(read(stream(*events)).blocks, ToolCall)
    assert (call.name, call.arguments, call.finished) == ("run", arguments, finished)


CALL = {"type": "tool_use", "id": "t", "name": "run", "input": {"a": 1}}
WHOLE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "Hi."}, CALL],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 1},
}
STREAMED = stream(
    {"type": "message_start", "message": {**WHOLE, "content": [], "stop_reason": None}},
    begin(0, type="text", text=""),
    delta(0, "text_delta", text="Hi"),
    delta(0, "text_delta", text="."),
    {"type": "content_block_stop", "index": 0},
    begin(1, **{**CALL, "input": {}}),
    delta(1, "input_json_delta", partial_json='{"a": 1}'),
    {"type": "content_block_stop", "index": 1},
    *ending("tool_use"),
)


def test_an_answer_reads_the_same_streamed_and_whole() -> None:
    streamed, whole = read(STREAMED), read(WHOLE)
    assert list(streamed.blocks) == list(whole.blocks)
    for answer in (streamed, whole):
        assert (answer.model, answer.response_id) == ("claude", "m")
        assert (answer.stop, answer.stop_word, answer.ended) == (Stop.TOOL_CALL, "tool_use", True)


def test_each_part_says_where_it_came_from() -> None:
    assert [part.source for part in read(STREAMED).parts] == [EventSource(1, 4), EventSource(5, 7)]
    assert [part.source for part in read(WHOLE).parts] == ["content[0]", "content[1]"]
    assert read_split(API, split_stream(STREAMED), join=False) == read(STREAMED)


STOPS: dict[str, tuple[str, Stop, type[Block] | None]] = {
    "the model was done": ("end_turn", Stop.END, None),
    "a stop sequence": ("stop_sequence", Stop.END, None),
    "the limit": ("max_tokens", Stop.LENGTH, Incomplete),
    "the context window": ("model_context_window_exceeded", Stop.LENGTH, Incomplete),
    "a pause": ("pause_turn", Stop.PAUSED, Incomplete),
    "a refusal": ("refusal", Stop.FILTERED, Refusal),
    "a word that is not known": ("boredom", Stop.OTHER, None),
}


@pytest.mark.parametrize(("word", "stop", "shown"), STOPS.values(), ids=STOPS.keys())
def test_why_an_answer_ended_is_known(word: str, stop: Stop, shown: type[Block] | None) -> None:
    answer = read(stream(start(), *ending(word)))
    assert (answer.stop, answer.stop_word) == (stop, word)
    assert shown is None or len(of_type(answer.blocks, shown)) == 1
    assert unknowns(answer.blocks) == (["stop reason 'boredom'"] if stop is Stop.OTHER else [])


ENDS = {
    "the end came": (HELLO, True),
    "an error ended it": (stream(start(), {"type": "error", "error": {"type": "overloaded_error"}}), True),
    "no end came": (stream(start()), False),
    "the end came in part": (HELLO[:-2], False),
}


@pytest.mark.parametrize(("body", "ended"), ENDS.values(), ids=ENDS.keys())
def test_a_stream_ends_where_the_api_says_so(body: str, ended: bool) -> None:
    assert read(body).ended is ended


def test_an_error_in_a_stream_is_shown_behind_what_came() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    answer = read(stream(start(), begin(0, type="text", text="Hi"), error))
    assert of_type(answer.blocks, Failure) == [Failure(message="Overloaded", code="overloaded_error")]
    assert (answer.stop, unknowns(answer.blocks)) == (None, [])


OTHERS = {
    "another API's events": stream({"type": "response.created"}),
    "a chat completion": 'data: {"choices": []}\n\ndata: [DONE]\n\n',
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS.keys())
def test_a_stream_of_another_api_is_not_known(body: str) -> None:
    assert read_answer(API, body) is None


# -- requests -----------------------------------------------------------------------------------------------------


def test_each_breakpoint_of_the_cache_is_at_its_item() -> None:
    request = exchanges("system-with-cache-breakpoints")[0].request.body
    found = {
        at: [block.lasts for block in of_type(list(API.item_blocks(kind, "", item.value)), CacheBreakpoint)]
        for kind, at, item in places(API, request, MESSAGES)
    }
    assert {path: lasts for path, lasts in found.items() if lasts} == {
        "system": ["1h"],
        "messages[0]": ["5m"],
        "messages[3]": ["5m"],
        "tools[1]": ["1h"],
    }


def test_what_is_not_understood_is_counted() -> None:
    exchange = exchanges("unknown-things")[0]
    assert len(unknowns(read_request(API, exchange.request.body))) == 10
    assert len(unknowns(read_blocks(API, answer_of("unknown-things")))) == 9


FAILED = {
    "it says so": ({"is_error": True, "content": "no"}, True),
    "it says the opposite": ({"is_error": False, "content": "yes"}, False),
    "it says nothing": ({"content": "yes"}, None),
    "an error of the API's own tools": ({"content": {"type": "web_search_tool_result_error", "error_code": "x"}}, True),
}


@pytest.mark.parametrize(("fields", "failed"), FAILED.values(), ids=FAILED.keys())
def test_a_result_says_whether_it_failed(fields: dict[str, Any], failed: bool | None) -> None:
    part = {"type": "web_search_tool_result", "tool_use_id": "t", **fields}
    (result,) = of_type(read({"type": "message", "content": [part]}).blocks, ToolResult)
    assert result.failed is failed


def test_the_items_of_a_request_are_in_the_order_in_which_they_are_read() -> None:
    tools = [{"name": "ls", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}]
    body = {
        "max_tokens": 5,
        "tools": tools,
        "messages": [{"role": "user", "content": "Hi."}],
        "system": "Be.",
        "model": "m",
    }
    assert [(kind, at) for kind, at, _ in places(API, body, MESSAGES)] == [
        (Kind.SETTING, "model"),
        (Kind.SETTING, "max_tokens"),
        (Kind.INSTRUCTIONS, "system"),
        (Kind.MESSAGE, "messages[0]"),
        (Kind.TOOL, "tools[0]"),
        (Kind.TOOL, "tools[1]"),
    ]
    blocks = read_request(API, body)
    assert [(block.role, block.type) for block in of_type(blocks, Message)] == [("user", "text")]
    assert [(block.name, block.type) for block in of_type(blocks, Tool)] == [
        ("ls", "custom"),
        ("bash", "bash_20250124"),
    ]


SCHEMA = {"type": "json_schema", "schema": {"properties": {"title": {}, "branch": {}}}}
ASKED: dict[str, tuple[dict[str, Any], Asked]] = {
    "a model and a limit": ({"model": "m", "max_tokens": 9}, Asked(model="m", most_output=9)),
    "nothing that fits": ({"model": 5, "max_tokens": True}, Asked()),
    "a schema": ({"output_config": {"format": SCHEMA}}, Asked(schema_fields=("title", "branch"))),
    "a schema in the beta's place": ({"output_format": SCHEMA}, Asked(schema_fields=("title", "branch"))),
    "no schema": ({"output_config": {"effort": "low"}}, Asked()),
    "a cache that is only filled": ({"max_tokens": 0}, Asked(most_output=0, no_answer=True)),
}


@pytest.mark.parametrize(("fields", "expected"), ASKED.values(), ids=ASKED.keys())
def test_what_a_call_asks_for_is_known(fields: dict[str, Any], expected: Asked) -> None:
    assert API.asked(MESSAGES, json_of({**fields, "messages": []})) == expected


def test_what_the_api_stores_is_not_made_up() -> None:
    thread = {"type": "continue", "previous_message_id": "msg_1"}
    asked = API.asked(MESSAGES, json_of({"messages": [FIRST], "thread": thread}))
    assert (asked.elsewhere, asked.previous_id, len(asked.notes)) == (True, "msg_1", 1)


# -- what is sent back --------------------------------------------------------------------------------------------

FIRST = {"role": "user", "content": "Hi."}
TEXT = {"type": "text", "text": "Hi."}
SAME = {
    "a string is one part of text": ("Hi.", [TEXT]),
    "cache breakpoints move": ([TEXT], [{**TEXT, "cache_control": {"type": "ephemeral"}}]),
    "reminders move": ([TEXT], [{"type": "text", "text": "<system-reminder>\nNow"}, TEXT]),
    "empty texts are left out": ([TEXT], [{"type": "text", "text": ""}, TEXT]),
    "no citations": ([TEXT], [{**TEXT, "citations": []}]),
    "the usual caller": ([CALL], [{**CALL, "caller": {"type": "direct"}}]),
    "a breakpoint within a result": (
        [{"type": "tool_result", "tool_use_id": "t", "content": [TEXT]}],
        [{"type": "tool_result", "tool_use_id": "t", "content": [{**TEXT, "cache_control": {"type": "ephemeral"}}]}],
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_items_that_say_the_same_compare_as_equal(one: Any, other: Any) -> None:
    messages = [API.canonical(Kind.MESSAGE, {"role": "user", "content": content}) for content in (one, other)]
    assert messages[0] == messages[1]
    assert messages[0] != API.canonical(Kind.MESSAGE, {"role": "user", "content": "Ho."})


def test_instructions_and_tools_compare_without_breakpoints() -> None:
    marked = [{**TEXT, "cache_control": {"type": "ephemeral"}}]
    assert API.canonical(Kind.INSTRUCTIONS, marked) == API.canonical(Kind.INSTRUCTIONS, "Hi.")
    tool = {"name": "ls"}
    assert API.canonical(Kind.TOOL, {**tool, "cache_control": {"type": "ephemeral"}}) == tool


@pytest.mark.parametrize("body", [WHOLE, STREAMED], ids=["whole", "streamed"])
def test_an_answer_is_sent_back_as_the_item_that_agents_send(body: Any) -> None:
    content = [{**TEXT, "cache_control": {"type": "ephemeral"}}, CALL]
    sent = API.canonical(Kind.MESSAGE, {"role": "assistant", "content": content})
    assert [API.canonical(Kind.MESSAGE, item) for item in read(body).sent_back] == [sent]


# -- pieces of one text -------------------------------------------------------------------------------------------

PIECES = {
    "text": delta(0, "text_delta", text="a"),
    "thinking": delta(0, "thinking_delta", thinking="a"),
    "arguments": delta(0, "input_json_delta", partial_json="a"),
}


@pytest.mark.parametrize("event", PIECES.values(), ids=PIECES.keys())
def test_pieces_of_one_text_are_joined(event: dict[str, Any]) -> None:
    found = API.merge_key(event)
    assert found
    assert found[1] == "a"
    longer = API.with_text(event, "abc")
    assert API.merge_key(longer) == (found[0], "abc")
    assert API.merge_key(event) == found
    assert API.merge_key({**event, "index": 1}) != found


NO_PIECES = {
    "a signature": delta(0, "signature_delta", signature="a"),
    "more than a piece": delta(0, "text_delta", text="a", logprobs=[1]),
    "more than a delta": {**delta(0, "text_delta", text="a"), "usage": {}},
    "an odd text": delta(0, "text_delta", text=5),
    "an odd type": {"type": "content_block_delta", "index": 0, "delta": {"type": ["text_delta"], "text": "a"}},
    "an odd delta": {"type": "content_block_delta", "index": 0, "delta": "a"},
    "another event": {"type": "content_block_stop", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
}


@pytest.mark.parametrize("event", NO_PIECES.values(), ids=NO_PIECES.keys())
def test_nothing_but_a_piece_is_joined(event: dict[str, Any]) -> None:
    assert API.merge_key(event) is None


# -- nothing is too odd -------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        *("type", "role", "content", "messages", "system", "tools", "model", "text", "id", "input", "name", "source"),
        *("data", "url", "title", "citations", "cache_control", "error", "message", "usage", "delta", "stop_reason"),
        *("content_block", "index", "thinking", "signature", "tool_references", "tool", "from", "to", "stop_details"),
        *("requests", "custom_id", "params", "result", "thread", "lines", "definition", "encrypted_content", "caller"),
    ]
)
KINDS = st.sampled_from([*sorted(PARTS), "base64", "url", "file", "content", "ephemeral", "message", "errored"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES, VALUES)
@settings(max_examples=400)
def test_no_request_and_no_answer_is_too_odd(value: Any, other: Any) -> None:
    read_request(API, value)
    read_request(API, {"messages": [value], "tools": [value], "system": other, "model": value, "thread": other})
    read_request(API, {"requests": [{"custom_id": value, "params": other}, value]})
    for kind in Kind:
        repr([*API.item_blocks(kind, "x", value), API.canonical(kind, value)])
    for status in (200, 500):
        read_blocks(API, value, status=status)
        read_blocks(API, {"content": [value], "role": "assistant", "usage": other, "stop_reason": value})
        read_blocks(API, {"error": value, "data": [other]}, status=status)
    read_blocks(API, json.dumps({"custom_id": value, "result": other}) + "\n" + json.dumps(value))


@given(st.sampled_from(sorted(PARTS)), st.dictionaries(NAMES, VALUES, max_size=6))
@settings(max_examples=400)
def test_no_content_block_is_too_odd(kind: str, fields: dict[str, Any]) -> None:
    read_request(API, {"messages": [{"role": "user", "content": [{**fields, "type": kind}]}]})


@given(st.sampled_from(sorted(EVENTS)), st.sampled_from(sorted(DELTAS)), VALUES, VALUES)
@settings(max_examples=400)
def test_no_event_is_too_odd(kind: str, delta_kind: str, value: Any, other: Any) -> None:
    fields = ("delta", "content_block", "message", "index", "usage", "error")
    event = {**(other if isinstance(other, dict) else {}), **dict.fromkeys(fields, value), "type": kind}
    texts = ("text", "partial_json", "thinking", "signature", "citation", "content", "estimated_tokens")
    odd = {"type": "content_block_delta", "delta": {**dict.fromkeys(texts, value), "type": delta_kind}}
    read_blocks(API, stream(event, odd, event, {"type": "message_delta", "delta": {}, "usage": other}))


@given(st.data())
@settings(max_examples=50)
def test_a_stream_cut_anywhere_is_read(data: st.DataObject) -> None:
    body = answer_of("server-tools")
    read_blocks(API, body[: data.draw(st.integers(0, len(body)))])


def test_a_lone_surrogate_is_kept() -> None:
    part = {"type": "tool_use", "name": "a", "input": {"x": "\ud800"}}
    body = {"type": "message", "content": [part, {"type": "odd", "x": "\ud800"}, {"type": "text", "text": "\ud800"}]}
    blocks = API.answer(MESSAGES, body, 200)
    assert repr(list(blocks.blocks if blocks else ())).count("\\ud800") == 3


# -- addresses and a replay ---------------------------------------------------------------------------------------

CALLS: dict[str, tuple[str, str, bool]] = {
    "a message": ("POST", MESSAGES, True),
    "a slash at the end": ("POST", f"{MESSAGES}/", True),
    "Vertex": ("POST", f"{VERTEX}/m:rawPredict", True),
    "a stream of Vertex": ("POST", f"{VERTEX}/m:streamRawPredict", True),
    "a count of tokens": ("POST", f"{MESSAGES}/count_tokens", False),
    "a count of tokens on Vertex": ("POST", f"{VERTEX}/count-tokens:rawPredict", False),
    "a batch": ("POST", f"{MESSAGES}/batches", False),
    "a listing": ("GET", MESSAGES, False),
}


@pytest.mark.parametrize(("method", "path", "calls"), CALLS.values(), ids=CALLS.keys())
def test_a_call_of_the_model_is_known_by_its_address(method: str, path: str, calls: bool) -> None:
    assert API.is_call(method, path) is calls


def test_a_body_without_messages_is_no_call() -> None:
    assert API.items("/v1/threads/t/messages", json_of({"role": "user", "content": "Hi."})) is None


def test_a_count_of_tokens_is_read_like_a_call() -> None:
    path = f"{MESSAGES}/count_tokens"
    blocks = list(every_block(read_request(API, {"model": "m", "messages": [FIRST]}, path) or ()))
    assert of_type(blocks, Message)[0].role == "user"
    assert read_blocks(API, {"input_tokens": 5}, path) == [Settings(pairs=(("input_tokens", 5),))]


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
    assert API.side_answer(method, path) == answer


ERRORS = {400: "invalid_request_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}


@pytest.mark.parametrize(("status", "kind"), ERRORS.items())
def test_an_error_is_written_as_the_api_writes_it(status: int, kind: str) -> None:
    answer = API.error_answer(status, "no")
    assert answer == {"type": "error", "error": {"type": kind, "message": "no"}}
    assert read_blocks(API, answer, status=status) == [Failure(message="no", code=kind)]
