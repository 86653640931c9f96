"""The Responses API is told whole, whatever arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe.renderers.markdown import markdown

from probe.analysis.raws import count_raws
from probe.record.reader import read_exchanges
from probe.renderers.blocks import Block, Conversation, Reasoning, Text, ToolCall, Usage
from probe.renderers.openai_responses import format_response_body, request_blocks, response_blocks
from probe.renderers.openai_responses.events import ASSEMBLED, LIFECYCLE, OTHERWISE_SHOWN
from tests.conftest import GOLDEN

CASES = GOLDEN / "openai_responses"


def bodies(case: str) -> tuple[Any, Any]:
    """Give both bodies of a golden case's first exchange."""
    exchange = next(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))
    return exchange.request.body, exchange.response.body if exchange.response else None


def stream(*events: dict[str, Any]) -> str:
    """Write events as a stream."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def of_type(blocks: list[Block], kind: type[Any]) -> list[Any]:
    """Pick the blocks of one type."""
    return [block for block in blocks if isinstance(block, kind)]


USAGES = {
    "neither told": ({}, "245 input | 89 output | 334 total"),
    "both nothing": (
        {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}},
        "245 input | 89 output | 334 total",
    ),
    "both told": (
        {"input_tokens_details": {"cached_tokens": 128}, "output_tokens_details": {"reasoning_tokens": 64}},
        "245 input (128 cached) | 89 output (64 reasoning) | 334 total",
    ),
    "cache written": (
        {"input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 2}},
        "245 input (1 cached, 2 written to the cache) | 89 output | 334 total",
    ),
    "total not told": ({"total_tokens": None}, "245 input | 89 output | ? total"),
}


@pytest.mark.parametrize(("told", "line"), USAGES.values(), ids=USAGES.keys())
def test_usage_is_one_line(told: dict[str, Any], line: str) -> None:
    usage = {"input_tokens": 245, "output_tokens": 89, "total_tokens": 334, **told}
    shown = format_response_body({"object": "response", "output": [], "usage": usage}, 200)
    assert f"**Usage:** {line}\n" in shown


def test_every_event_type_of_the_sdk_is_known() -> None:
    _, body = bodies("every-event-of-the-sdk")
    types = {line.removeprefix("event: ") for line in body.splitlines() if line.startswith("event: ")}
    # `keepalive` is no type of the SDK, but was seen.
    assert types == (ASSEMBLED | LIFECYCLE | OTHERWISE_SHOWN) - {"keepalive"}
    assert len(types) == 62


def test_of_the_sdk_no_event_is_shown_raw() -> None:
    assert count_raws(response_blocks(bodies("every-event-of-the-sdk")[1], 200)) == 0


def test_every_kind_of_item_is_understood() -> None:
    request, response = bodies("every-kind-of-item")
    assert count_raws([*request_blocks(request), *response_blocks(response, 200)]) == 0


def test_what_is_not_understood_is_counted() -> None:
    request, response = bodies("unknown-things")
    assert (count_raws(request_blocks(request)), count_raws(response_blocks(response, 200))) == (7, 4)


DELTA = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m"}
DONE = {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "item_id": "m"}


@given(st.text(min_size=1), st.lists(st.integers(0, 100)), st.booleans(), st.booleans())
def test_text_is_put_together_once(text: str, places: list[int], done: bool, completed: bool) -> None:
    cuts = sorted({min(place, len(text)) for place in places})
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    events: list[dict[str, Any]] = [{**DELTA, "delta": piece} for piece in pieces]
    item = {"id": "m", "type": "message", "content": [{"type": "output_text", "text": text}]}
    events += [{**DONE, "text": text}] if done else []
    events += [{"type": "response.completed", "response": {"output": [item]}}] if completed else []
    blocks = list(response_blocks(stream(*events), 200))
    assert [block.text for block in of_type(blocks, Text)] == [text]


def test_arguments_cut_short_are_told_as_far_as_they_came() -> None:
    (call,) = of_type(list(response_blocks(bodies("stream-cut-short-in-a-tool-call")[1], 200)), ToolCall)
    assert (call.name, call.arguments, call.finished) == ("write_file", '{"path": "primes', False)


def test_messages_of_a_websocket_read_as_a_stream_does() -> None:
    _, body = bodies("stream-with-text")
    messages = tuple(line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: "))
    assert list(response_blocks(messages, 200))[1:] == list(response_blocks(body, 200))[1:]


def test_a_stream_of_another_api_is_told_generically() -> None:
    blocks = list(response_blocks(stream({"type": "message_start"}), 200))
    assert count_raws(blocks) == 0


def test_a_plain_string_is_one_message_of_the_user() -> None:
    (conversation,) = of_type(list(request_blocks({"model": "m", "input": "Hi."})), Conversation)
    assert [(entry.role, entry.type) for entry in conversation.entries] == [("user", "message")]


@given(st.data())
@settings(max_examples=50)
def test_a_stream_cut_anywhere_is_told(data: st.DataObject) -> None:
    body = bodies("every-event-of-the-sdk")[1]
    cut = body[: data.draw(st.integers(0, len(body)))]
    assert markdown(response_blocks(cut, 200))


NAMES = st.sampled_from(
    [
        *("type", "role", "content", "input", "output", "instructions", "tools", "model", "text", "id"),
        *("summary", "action", "arguments", "name", "error", "response", "item", "part", "delta", "usage"),
        *("output_index", "content_index", "incomplete_details", "encrypted_content", "status", "result"),
    ]
)
KINDS = st.sampled_from(
    ["message", "reasoning", "function_call", "mcp_call", "input_image", "input_text", "compaction", "audio"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=400)
def test_no_request_and_no_answer_is_too_odd(value: Any) -> None:
    markdown(request_blocks(value))
    markdown(request_blocks({"type": "response.create", "input": [value], "tools": [value], "model": value}))
    markdown(response_blocks(value, 200))
    markdown(response_blocks({"output": [value], "usage": value, "error": value}, 500))


@given(st.sampled_from(sorted(ASSEMBLED | LIFECYCLE | OTHERWISE_SHOWN)), JSON, JSON)
@settings(max_examples=400)
def test_no_event_is_too_odd(kind: str, value: Any, other: Any) -> None:
    fields = ("delta", "item", "part", "response", "output", "annotation", "text", "arguments", "output_index")
    event = {**(other if isinstance(other, dict) else {}), **dict.fromkeys(fields, value), "type": kind}
    markdown(response_blocks(stream(event, event, {"type": "response.completed", "response": other}), 200))


def test_reasoning_tells_how_much_is_encrypted() -> None:
    item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": "xyz"}
    (reasoning,) = of_type(list(response_blocks({"output": [item]}, 200)), Reasoning)
    assert (reasoning.summary, reasoning.encrypted_characters) == ("a", 3)


def test_usage_that_nobody_told_stays_unknown() -> None:
    (usage,) = of_type(list(response_blocks({"output": [], "usage": {"input_tokens": 1}}, 200)), Usage)
    assert (usage.input, usage.output, usage.total, usage.cache_read) == (1, None, None, None)


HELLO = [{"type": "output_text", "text": "Hello."}]
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "content": HELLO}
NAMELESS = {"type": "message", "role": "assistant", "content": HELLO}
BARE = {"type": "response.output_text.delta", "delta": "Hello."}
ADDED = {"type": "response.output_item.added", "item": {**MESSAGE, "content": []}}
ITEM = {"type": "response.output_item.done"}
COMPLETED = {"type": "response.completed", "response": {"output": [MESSAGE]}}
# How providers that speak the API only roughly number their events, or do not.
PROVIDERS: dict[str, list[dict[str, Any]]] = {
    "everything numbered": [{**ADDED, "output_index": 0}, DELTA | {"delta": "Hello."}, COMPLETED],
    "ids only": [ADDED, {**BARE, "item_id": "m"}, {**ITEM, "item": MESSAGE}, COMPLETED],
    "the item numbered, the delta with an id": [
        {**ADDED, "output_index": 0},
        {**BARE, "item_id": "m"},
        {**ITEM, "item": MESSAGE},
    ],
    "bare deltas": [BARE, COMPLETED],
    "bare deltas, then an item with an id": [BARE, {**ITEM, "item": MESSAGE}, COMPLETED],
    "bare deltas, then a nameless item": [BARE, {**ITEM, "item": NAMELESS}, COMPLETED],
    "bare deltas within an item": [ADDED, BARE, {**ITEM, "item": MESSAGE}],
    "a nameless item alone": [{**ITEM, "item": NAMELESS}, COMPLETED],
}


@pytest.mark.parametrize("events", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_no_provider_makes_a_text_double(events: list[dict[str, Any]]) -> None:
    blocks = list(response_blocks(stream(*events), 200))
    assert [block.text for block in of_type(blocks, Text)] == ["Hello."]


def test_a_lone_surrogate_is_shown() -> None:
    call = {"type": "function_call", "name": "a", "arguments": '{"x":"\\ud800"}'}
    body = {"output": [call, {"type": "odd", "x": "\ud800"}, {"type": "message", "content": "\ud800"}]}
    assert markdown(response_blocks(stream({**ITEM, "item": call}), 200)).count("\\ud800") == 1
    assert markdown(response_blocks(body, 200)).count("\\ud800") == 3


def test_two_items_stay_two() -> None:
    items = [{**ITEM, "item": {**NAMELESS, "content": [{"type": "output_text", "text": text}]}} for text in "ab"]
    blocks = list(response_blocks(stream(*items), 200))
    assert [block.text for block in of_type(blocks, Text)] == ["a", "b"]
