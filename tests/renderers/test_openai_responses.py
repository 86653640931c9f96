"""The Responses API is shown whole, whatever arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.record.reader import read_exchanges
from probe.renderers.api import Answer, EventSource, Kind, Stop
from probe.renderers.blocks import Block, Message, Reasoning, Settings, Text, ToolCall, Usage
from probe.renderers.events import Stream, split_stream
from probe.renderers.json_reader import json_of
from probe.renderers.openai_responses import API
from probe.renderers.openai_responses.canonical import CODEX_METADATA
from probe.renderers.openai_responses.events import KNOWN
from tests.conftest import GOLDEN
from tests.renderers.reading import of_type, read_answer, read_blocks, read_request, read_split, unknowns

CASES = GOLDEN / "openai_responses"


def bodies(case: str) -> tuple[Any, Any]:
    """Return both bodies of a golden case's first exchange."""
    exchange = next(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))
    return exchange.request.body, exchange.response.body if exchange.response else None


def stream(*events: dict[str, Any]) -> str:
    """Return events as a stream."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def blocks_of(body: Any) -> list[Block]:
    """Read an answer, whole or streamed."""
    return read_blocks(API, body)


def answer_of(body: Any) -> Answer:
    """Read what is an answer."""
    found = read_answer(API, body)
    assert found is not None
    return found


USAGES: dict[str, tuple[dict[str, Any], dict[str, int | None]]] = {
    "no details": ({}, {}),
    "both zero": (
        {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}},
        {"cache_read": 0, "reasoning": 0},
    ),
    "both details": (
        {"input_tokens_details": {"cached_tokens": 128}, "output_tokens_details": {"reasoning_tokens": 64}},
        {"cache_read": 128, "reasoning": 64},
    ),
    "cache written": (
        {"input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 2}},
        {"cache_read": 1, "cache_write": 2},
    ),
    "no total": ({"total_tokens": None}, {"total": None}),
}


@pytest.mark.parametrize(("details", "expected"), USAGES.values(), ids=USAGES.keys())
def test_usage_is_one_block(details: dict[str, Any], expected: dict[str, Any]) -> None:
    usage = {"input_tokens": 245, "output_tokens": 89, "total_tokens": 334, **details}
    found = answer_of({"object": "response", "output": [], "usage": usage})
    assert found.usage == Usage(**{"input": 245, "output": 89, "total": 334, **expected})
    assert list(found.blocks) == [found.usage]


def test_counts_that_are_not_documented_are_unknown() -> None:
    usage = {"input_tokens": 1, "input_tokens_details": {"odd": 7}, "cost": 0.5, "cost_details": {"fee": 0.25}}
    found = answer_of({"output": [], "usage": usage})
    assert found.usage is not None
    assert found.usage.cost == 0.5
    assert unknowns(found.blocks) == ["count 'input_tokens_details'"]


def test_every_event_type_of_the_sdk_is_known() -> None:
    _, body = bodies("every-event-of-the-sdk")
    types = {line.removeprefix("event: ") for line in body.splitlines() if line.startswith("event: ")}
    # `keepalive` is no type of the SDK, but was seen.
    assert types == KNOWN - {"keepalive"}
    assert len(types) == 62


def test_of_the_sdk_no_event_is_unknown() -> None:
    assert unknowns(blocks_of(bodies("every-event-of-the-sdk")[1])) == []


def test_every_kind_of_item_is_understood() -> None:
    request, response = bodies("every-kind-of-item")
    assert unknowns([*(read_request(API, request) or ()), *blocks_of(response)]) == []


def test_what_is_not_understood_is_counted() -> None:
    request, response = bodies("unknown-things")
    assert unknowns(read_request(API, request)) == [
        *("setting 'shiny'", "instructions", "item 'telepathy'", "content part 'input_smell'"),
        *("content part without a type", "content part without a type", "item without a type", "tool"),
    ]
    assert unknowns(blocks_of(response)) == [
        *("item 'telepathy'", "event 'response.telepathy.delta'", "event 'response.telepathy.delta'"),
        *("event 'codex.rate_limits'", "event 'message'"),
    ]


ENDS = ("response.completed", "response.failed", "response.incomplete", "error")
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
    blocks = blocks_of(stream(*events))
    assert [block.text for block in of_type(blocks, Text)] == [text]


def test_arguments_cut_short_are_told_as_far_as_they_came() -> None:
    (call,) = of_type(blocks_of(bodies("stream-cut-short-in-a-tool-call")[1]), ToolCall)
    assert (call.name, call.arguments, call.finished) == ("write_file", '{"path": "primes', False)


def test_messages_of_a_websocket_read_as_a_stream_does() -> None:
    _, body = bodies("stream-with-text")
    messages = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
    assert read_split(API, Stream(["message"] * len(messages), messages)) == answer_of(body)


def test_a_stream_of_another_api_is_not_known() -> None:
    assert read_answer(API, stream({"type": "message_start"})) is None


def test_a_plain_string_is_one_message_of_the_user() -> None:
    [field] = [field for field in API.items("/", json_of({"model": "m", "input": "Hi."})) or () if field.at == "input"]
    assert (field.kind, field.listed) == (Kind.MESSAGE, False)
    [message] = field.blocks(API.item_blocks)
    assert message == Message(role="user", type="message", content=(Text(text="Hi."),))


@given(st.data())
@settings(max_examples=50)
def test_a_stream_cut_anywhere_is_shown(data: st.DataObject) -> None:
    body = bodies("every-event-of-the-sdk")[1]
    cut = body[: data.draw(st.integers(0, len(body)))]
    answer = read_split(API, split_stream(cut))
    assert len(answer.parts) <= 14
    assert answer.ended == any(f"event: {kind}\n" in cut.rpartition("\n\n")[0] + "\n" for kind in ENDS)


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
    bodies = (value, {"type": "response.create", "input": [value], "tools": [value], "model": value}, {"input": value})
    for body in bodies:
        read_request(API, body)
        list(API.request_blocks("/", body) or ())
    for kind in Kind:
        API.canonical(kind, value)
    blocks_of(value)
    blocks_of({"output": [value], "usage": value, "error": value})


@example("response.output_item.added", {"type": []}, {"status": "completed"})
@given(st.sampled_from(sorted(KNOWN)), JSON, JSON)
@settings(max_examples=400)
def test_no_event_is_too_odd(kind: str, value: Any, other: Any) -> None:
    fields = ("delta", "item", "part", "response", "output", "annotation", "text", "arguments", "output_index")
    event = {**(other if isinstance(other, dict) else {}), **dict.fromkeys(fields, value), "type": kind}
    blocks_of(stream(event, event, {"type": "response.completed", "response": other}))


def test_reasoning_shows_how_much_is_encrypted() -> None:
    item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": "xyz"}
    (reasoning,) = of_type(blocks_of({"output": [item]}), Reasoning)
    assert (reasoning.summary, reasoning.encrypted_characters) == ("a", 3)


def test_usage_that_is_not_reported_stays_none() -> None:
    (usage,) = of_type(blocks_of({"output": [], "usage": {"input_tokens": 1}}), Usage)
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
    blocks = blocks_of(stream(*events))
    assert [block.text for block in of_type(blocks, Text)] == ["Hello."]


def test_a_lone_surrogate_is_shown() -> None:
    call = {"type": "function_call", "name": "a", "arguments": '{"x":"\\ud800"}'}
    body = {"output": [call, {"type": "odd", "x": "\ud800"}, {"type": "message", "content": "\ud800"}]}
    assert repr(blocks_of(stream({**ITEM, "item": call}))).count("\\ud800") == 1
    assert repr(blocks_of(body)).count("\\ud800") == 3


def test_two_items_stay_two() -> None:
    items = [{**ITEM, "item": {**NAMELESS, "content": [{"type": "output_text", "text": text}]}} for text in "ab"]
    blocks = blocks_of(stream(*items))
    assert [block.text for block in of_type(blocks, Text)] == ["a", "b"]


CALL = {"type": "function_call", "id": "fc", "name": "ls", "arguments": "{}", "call_id": "c", "status": "completed"}
REFUSAL = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
STOPS: dict[str, tuple[dict[str, Any], Stop | None, str | None]] = {
    "done": ({"status": "completed", "output": [MESSAGE]}, Stop.END, "completed"),
    "a tool call": ({"status": "completed", "output": [MESSAGE, CALL]}, Stop.TOOL_CALL, "completed"),
    "a tool that the API ran": (
        {"status": "completed", "output": [{"type": "web_search_call"}, MESSAGE]},
        Stop.END,
        "completed",
    ),
    "a refusal": ({"status": "completed", "output": [REFUSAL]}, Stop.FILTERED, "completed"),
    "a limit of tokens": (
        {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [MESSAGE]},
        Stop.LENGTH,
        "max_output_tokens",
    ),
    "a filter": (
        {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []},
        Stop.FILTERED,
        "content_filter",
    ),
    "a new reason": (
        {"status": "incomplete", "incomplete_details": {"reason": "tired"}, "output": []},
        Stop.OTHER,
        "tired",
    ),
    "failed": ({"status": "failed", "error": {"code": "x", "message": "y"}, "output": []}, Stop.FAILED, "failed"),
    "cancelled": ({"status": "cancelled", "output": []}, Stop.CANCELLED, "cancelled"),
    "under way in the background": ({"status": "queued", "output": []}, None, None),
}


@pytest.mark.parametrize(("response", "stop", "word"), STOPS.values(), ids=STOPS.keys())
def test_an_answer_says_why_it_ended(response: dict[str, Any], stop: Stop | None, word: str | None) -> None:
    found = answer_of({"id": "r", "model": "m", **response})
    assert (found.stop, found.stop_word) == (stop, word)
    assert (found.model, found.response_id) == ("m", "r")
    assert found.ended is (stop is not None)


@pytest.mark.parametrize(("response", "stop", "word"), STOPS.values(), ids=STOPS.keys())
def test_a_stream_ends_as_the_whole_answer_does(response: dict[str, Any], stop: Stop | None, word: str | None) -> None:
    kind = response["status"] if response["status"] in ("failed", "incomplete") else "completed"
    found = answer_of(stream({"type": f"response.{kind}", "response": response}))
    assert (found.stop, found.stop_word, found.ended) == (stop, word, True)
    assert found.sent_back == tuple(response["output"])


def test_an_error_event_ends_a_stream() -> None:
    created = {"type": "response.created", "response": {"id": "r", "status": "in_progress"}}
    found = answer_of(stream(created, {"type": "error", "code": "x", "message": "y"}))
    assert (found.ended, found.stop, found.stop_word) == (True, Stop.FAILED, "error")


def test_each_part_knows_the_events_that_made_it() -> None:
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r"}},
        {**ADDED, "output_index": 0},
        *({**DELTA, "delta": letter, "sequence_number": number} for number, letter in enumerate("Hello.")),
        {"type": "response.output_item.added", "output_index": 1, "item": {**CALL, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "item_id": "fc", "delta": "{"},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "item_id": "fc", "delta": "}"},
    ]
    found = answer_of(stream(*events))
    assert [part.source for part in found.parts] == [EventSource(1, 7), EventSource(8, 10)]
    assert (found.stop, found.ended, found.sent_back) == (None, False, ())


def test_each_part_of_a_whole_answer_knows_its_path() -> None:
    assert [part.source for part in answer_of({"output": [MESSAGE, CALL]}).parts] == [
        "output[0]",
        "output[1]",
    ]


def test_pieces_of_one_text_merge() -> None:
    one, two = (
        {**DELTA, "delta": text, "sequence_number": n, "obfuscation": "x" * n} for n, text in enumerate("ab", 1)
    )
    first, second = API.merge_key(one), API.merge_key(two)
    assert first is not None
    assert second is not None
    assert (first[0] == second[0], first[1], second[1]) == (True, "a", "b")
    assert API.with_text(one, "ab") == {**one, "delta": "ab"}
    other = API.merge_key({**one, "content_index": 1})
    assert other is not None
    assert other[0] != first[0]


NOT_MERGED: dict[str, dict[str, Any]] = {
    "how likely tokens were": {"logprobs": [{"token": "a"}]},
    "an unknown member": {"new": 1},
    "a delta that is no text": {"delta": {"a": 1}},
    "another type": {"type": "response.output_text.done"},
    "a type that is none": {"type": ["response.output_text.delta"]},
}


@pytest.mark.parametrize("members", NOT_MERGED.values(), ids=NOT_MERGED.keys())
def test_an_event_with_anything_more_is_read_by_itself(members: dict[str, Any]) -> None:
    assert API.merge_key({**DELTA, "delta": "a", **members}) is None


OUTPUT_AND_INPUT = {
    "a message": (
        {**MESSAGE, "status": "completed", "content": [{**HELLO[0], "annotations": [], "logprobs": []}]},
        {"role": "assistant", "content": "Hello."},
    ),
    "a tool call": (CALL, {"type": "function_call", "name": "ls", "arguments": "{ }", "call_id": "c"}),
    "a tool call in codex's words": (CALL, {**CALL, CODEX_METADATA: {"turn_id": "t-1"}}),
    "reasoning": (
        {"type": "reasoning", "id": "rs", "summary": [], "content": None, "encrypted_content": "xyz"},
        {"type": "reasoning", "encrypted_content": "xyz"},
    ),
}


@pytest.mark.parametrize(("made", "sent"), OUTPUT_AND_INPUT.values(), ids=OUTPUT_AND_INPUT.keys())
def test_an_item_and_what_sends_it_back_are_equal(made: dict[str, Any], sent: dict[str, Any]) -> None:
    assert API.canonical(Kind.MESSAGE, made) == API.canonical(Kind.MESSAGE, sent)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "role": "user", "content": "Hi."},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "Hi."},
    ],
    ids=lambda item: item["type"],
)
def test_what_codex_says_of_an_item_is_a_detail_of_it(item: dict[str, Any]) -> None:
    metadata = {"turn_id": "t-1", "content_item_kinds": ["user.text"]}
    blocks = read_request(API, {"input": [{**item, CODEX_METADATA: metadata}]})
    assert (CODEX_METADATA, metadata) in [pair for block in of_type(blocks, Settings) for pair in block.pairs]
    assert CODEX_METADATA not in str(unknowns(blocks))


def test_what_differs_stays_different() -> None:
    items = [{"type": "item_reference", "id": "a"}, {"id": "b"}, {**CALL, "call_id": "d"}, CALL, MESSAGE, "Hello."]
    forms = [API.canonical(Kind.MESSAGE, item) for item in items]
    assert all(forms[index] not in forms[:index] for index in range(len(forms)))


def test_what_an_agent_adds_to_the_user_s_words_is_left_out_of_comparisons() -> None:
    reminder = {"type": "input_text", "text": "<system-reminder>\nBe brief.</system-reminder>"}
    words = {"type": "input_text", "text": "Hi."}
    forms = [
        API.canonical(Kind.MESSAGE, {"role": "user", "content": content}) for content in ([reminder, words], "Hi.")
    ]
    assert forms[0] == forms[1]


def test_what_an_answer_repeats_of_its_request_is_kept_apart() -> None:
    echo = {"temperature": 1.0, "top_p": 0.5, "tools": [{"type": "x"}], "instructions": "Work."}
    found = answer_of({"output": [], **echo})
    assert found.echo == echo
    assert list(found.blocks) == []
