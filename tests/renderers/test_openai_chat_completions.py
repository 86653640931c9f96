"""The Chat Completions API is read whole, whatever arrives and whoever speaks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers.api import Answer, EventSource, Kind, Stop
from probe.renderers.blocks import Block, CacheBreakpoint, Failure, Message, Note, Reasoning, Text, ToolCall, Unknown
from probe.renderers.events import split_stream
from probe.renderers.json_reader import json_of
from probe.renderers.openai_chat_completions import API
from tests.conftest import GOLDEN
from tests.renderers.reading import (
    event_stream,
    of_type,
    places,
    read_answer,
    read_blocks,
    read_request,
    read_split,
    unknowns,
)

CASES = sorted((GOLDEN / "openai_chat_completions").glob("*.jsonl"))
PATH = "/v1/chat/completions"


def exchanges(case: str) -> list[Exchange]:
    """Return the exchanges of a golden case."""
    path = GOLDEN / "openai_chat_completions" / f"{case}.jsonl"
    return list(read_exchanges(path, lambda _number, _reason: None))


def chunk(delta: Any, finish: str | None = None, index: int = 0) -> dict[str, Any]:
    """Make a chunk with one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def streamed(*chunks: Any) -> Answer:
    """Return the answer of a stream."""
    return read_split(API, split_stream(event_stream(*chunks)))


def shown(*chunks: Any) -> list[Block]:
    """Return the blocks of a stream."""
    return list(streamed(*chunks).blocks)


@pytest.mark.parametrize("case", [case for case in CASES if case.stem != "unknown-things"], ids=lambda case: case.stem)
def test_all_that_providers_are_known_to_send_is_understood(case: Path) -> None:
    for exchange in read_exchanges(case, lambda _number, _reason: None):
        response = exchange.response
        blocks = read_blocks(API, response.body, status=response.status_code) if response else []
        assert unknowns(read_request(API, exchange.request.body)) == []
        assert unknowns(blocks) == []


def test_what_is_not_understood_is_named() -> None:
    first, second, *others = exchanges("unknown-things")
    assert unknowns(read_request(API, first.request.body)) == [
        "setting 'frobnicate'",
        "content part 'hologram'",
        *["content part without a type"] * 2,
        *["message without a role"] * 2,
        "field 'mood'",
        "function_call",
        "tool call 'ritual'",
        "tool call None",
        "field 'audio'",
        *["tool"] * 2,
    ]
    assert first.response
    assert second.response
    assert unknowns(read_blocks(API, first.response.body)) == [
        *("field 'sparkle'", "content part without a type", "field 'tool_calls'", "field 'aura'")
    ]
    assert unknowns(read_blocks(API, second.response.body)) == [
        *("field 'sparkle'", "field 'aura'", "choice", "event 'ping'", "event 'message'")
    ]
    for other in others:
        assert read_request(API, other.request.body) is None
        assert other.response
        assert read_answer(API, other.response.body) is None


A, B = '{"path":"a.txt"}', '{"path":"b.txt"}'


def call(**fields: Any) -> dict[str, Any]:
    """Make a chunk with a piece of a tool call."""
    return chunk({"tool_calls": [fields]})


def function(name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    """Make what a piece of a call has of its function."""
    fields = {"name": name, "arguments": arguments}
    return {"function": {field: value for field, value in fields.items() if value is not None}}


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
    calls = of_type(shown(*chunks, chunk({}, "tool_calls"), "[DONE]"), ToolCall)
    found = [(one.call_id, one.name, one.arguments, one.finished) for one in calls]
    assert found == [("a", "read", {"path": "a.txt"}, True), ("b", "read", {"path": "b.txt"}, True)]


def test_calls_without_place_and_id_begin_with_their_names() -> None:
    chunks = [call(**function("read", A[:3])), call(**function(None, A[3:])), call(**function("read", B))]
    calls = of_type(shown(*chunks, "[DONE]"), ToolCall)
    assert [one.arguments for one in calls] == [json.loads(A), json.loads(B)]


def test_only_the_call_in_which_a_stream_broke_off_is_unfinished() -> None:
    chunks = [call(index=0, id="a", **function("read", A)), call(index=1, id="b", **function("read", B[:6]))]
    assert [one.finished for one in of_type(shown(*chunks), ToolCall)] == [True, False]
    assert [one.finished for one in of_type(shown(*chunks, "[DONE]"), ToolCall)] == [True, True]


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
def test_thinking_is_shown_once_however_it_is_sent(deltas: list[dict[str, Any]]) -> None:
    blocks = shown(*map(chunk, deltas), chunk({"content": "Done."}, "stop"))
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


@pytest.mark.parametrize(("chunks", "ended"), ENDS.values(), ids=ENDS.keys())
def test_the_apis_own_end_is_found(chunks: tuple[Any, ...], ended: bool) -> None:
    assert streamed(*chunks).ended is ended


def test_an_event_that_is_named_error_is_an_end() -> None:
    stream = split_stream(event_stream(chunk({"content": "a"})) + "event: error\ndata: no\n\n")
    answer = read_split(API, stream)
    assert answer.ended
    assert [failure.message for failure in of_type(answer.blocks, Failure)] == ["no"]


def test_a_whole_body_is_an_answer_and_half_of_one_is_not() -> None:
    assert read_answer(API, {"choices": []}) == read_answer(API, '{"choices": []}') == Answer()
    assert read_answer(API, '{"choices": [{"mess') is None


STOPS = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "tool_calls": Stop.TOOL_CALL,
    "content_filter": Stop.FILTERED,
    "insufficient_system_resource": Stop.FAILED,
    "tired": Stop.OTHER,
}


@pytest.mark.parametrize(("word", "stop"), STOPS.items())
def test_why_an_answer_ended_is_known_with_the_apis_word(word: str, stop: Stop) -> None:
    for answer in (streamed(chunk({"content": "a"}, word)), read_answer(API, {"choices": [{"finish_reason": word}]})):
        assert answer
        assert (answer.stop, answer.stop_word) == (stop, word)
    assert streamed(chunk({"content": "a"})).stop is None


def test_a_refusal_is_no_ordinary_end() -> None:
    answer = streamed(chunk({"refusal": "No."}), chunk({}, "stop"))
    assert (answer.stop, answer.stop_word) == (Stop.FILTERED, "stop")


def test_an_answer_has_its_model_and_id() -> None:
    fields = {"id": "chatcmpl-1", "model": "m-2"}
    for answer in (read_answer(API, {**fields, "choices": []}), streamed({**fields, **chunk({"content": "a"})})):
        assert answer
        assert (answer.model, answer.response_id) == ("m-2", "chatcmpl-1")


def test_each_part_has_the_events_that_it_is_made_of() -> None:
    answer = streamed(
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "I "}),
        chunk({"reasoning_content": "think."}),
        chunk({"content": "So "}),
        chunk({"content": "it "}),
        chunk({"content": "is."}),
        call(index=0, id="a", **function("read", A[:3])),
        call(index=1, id="b", **function("read", B)),
        call(index=0, **function(None, A[3:])),
        chunk({}, "tool_calls"),
        "[DONE]",
    )
    assert [(part.source, type(part.blocks[0])) for part in answer.parts] == [
        (EventSource(1, 2), Reasoning),
        (EventSource(3, 5), Text),
        (EventSource(6, 8), ToolCall),
        (EventSource(7, 7), ToolCall),
    ]


def test_each_part_of_a_whole_answer_has_its_path() -> None:
    calls = [{"id": "a", "type": "function", "function": {"name": "read", "arguments": A}}] * 2
    message = {"role": "assistant", "content": "So.", "reasoning": "I think.", "tool_calls": calls}
    answer = read_answer(API, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    assert answer
    path = "choices[0].message"
    assert [part.source for part in answer.parts] == [
        *(path, f"{path}.content", f"{path}.tool_calls[0]", f"{path}.tool_calls[1]")
    ]


def test_several_choices_are_in_their_order_and_named() -> None:
    chunks = [chunk({"content": text}, "stop", index=index) for index, text in ((1, "second"), (0, "first"))]
    whole = {"choices": [{"index": n, "message": {"content": text}} for n, text in enumerate(("first", "second"))]}
    for answer in (streamed(*chunks), read_answer(API, whole)):
        assert answer
        assert [[block.text for block in part.blocks if isinstance(block, Text | Note)] for part in answer.parts] == [
            ["Choice 0:", "first"],
            ["Choice 1:", "second"],
        ]


BACK = {
    "a text": ([chunk({"content": "So."}, "stop")], {"content": "So."}),
    "a text as parts": ([chunk({"content": "So."}, "stop")], {"content": [{"type": "text", "text": "So."}]}),
    "thinking that is left out": (
        [chunk({"reasoning_content": "Hm."}), chunk({"content": "So."}, "stop")],
        {"content": "So.", "refusal": None},
    ),
    "what LiteLLM adds to it": (
        [chunk({"content": "So."}, "stop")],
        {"content": "So.", "annotations": [], "provider_specific_fields": {"refusal": None}},
    ),
    "calls whose arguments are spelled anew": (
        [call(index=0, id="a", type="function", **function("read", '{"path":"a"}'))],
        {
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "read", "arguments": '{"path": "a"}'}},
            ],
        },
    ),
}


@pytest.mark.parametrize(("chunks", "message"), BACK.values(), ids=BACK.keys())
def test_an_answer_is_equal_to_the_message_that_repeats_it(chunks: list[Any], message: dict[str, Any]) -> None:
    (sent,) = streamed(*chunks).sent_back
    later = {"role": "assistant", **message}
    assert API.canonical(Kind.MESSAGE, sent) == API.canonical(Kind.MESSAGE, later)


def test_what_litellm_and_grok_cli_send_is_understood() -> None:
    added = {"role": "assistant", "content": "So.", "provider_specific_fields": {"refusal": None}}
    body = {"model": "grok-code-fast-1", "search_parameters": {"mode": "off"}, "messages": [added]}
    assert unknowns(read_request(API, body, PATH)) == []


SAME = {
    "a text and one part of text": ("Hi.", [{"type": "text", "text": "Hi."}]),
    "a cache mark that moved on": (
        [{"type": "text", "text": "Hi.", "cache_control": {"type": "ephemeral"}}],
        [{"type": "text", "text": "Hi."}],
    ),
    "a reminder of the agent's": (
        [{"type": "text", "text": "<system-reminder>x"}, {"type": "text", "text": "Hi."}],
        "Hi.",
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_a_message_stays_the_same_however_it_is_written(one: Any, other: Any) -> None:
    first, second = ({"role": "user", "content": content} for content in (one, other))
    assert API.canonical(Kind.MESSAGE, first) == API.canonical(Kind.MESSAGE, second)
    assert API.canonical(Kind.MESSAGE, first) != API.canonical(Kind.MESSAGE, {"role": "user", "content": "Ho."})


ASKED = {
    "a limit": ({"max_tokens": 7}, (None, 7, None)),
    "a limit by its newer name": ({"model": "m", "max_completion_tokens": 8, "max_tokens": None}, ("m", 8, None)),
    "text": ({"response_format": {"type": "text"}}, (None, None, None)),
    "any JSON": ({"response_format": {"type": "json_object"}}, (None, None, ())),
    "JSON of a schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {"a": {}, "b": {}}}}}},
        (None, None, ("a", "b")),
    ),
    "odd things": ({"model": [1], "max_tokens": True, "response_format": "json"}, (None, None, None)),
}


@pytest.mark.parametrize(("body", "expected"), ASKED.values(), ids=ASKED.keys())
def test_what_a_call_asks_for_is_found(body: dict[str, Any], expected: Any) -> None:
    asked = API.asked(PATH, json_of({"messages": [], **body}))
    assert (asked.model, asked.most_output, asked.schema_fields) == expected


def test_items_are_the_model_other_settings_messages_and_tools() -> None:
    body = {"tools": [{"a": 1}], "top_p": 1, "messages": [{"role": "user"}], "model": "m", "functions": [{"b": 1}]}
    assert [(kind, at) for kind, at, _ in places(API, body, PATH)] == [
        (Kind.SETTING, "model"),
        (Kind.SETTING, "top_p"),
        (Kind.MESSAGE, "messages[0]"),
        (Kind.TOOL, "tools[0]"),
        (Kind.TOOL, "functions[0]"),
    ]


CALLS = {
    ("POST", PATH): True,
    ("POST", "/openai/deployments/mine/chat/completions/"): True,
    ("GET", PATH): False,
    ("GET", "/v1/models"): False,
    ("POST", "/v1/embeddings"): False,
}


@pytest.mark.parametrize(("request_line", "is_call"), CALLS.items(), ids=str)
def test_a_call_is_known_by_the_end_of_its_path(request_line: tuple[str, str], is_call: bool) -> None:
    assert API.is_call(*request_line) is is_call
    assert (API.side_answer(*request_line) is None) is is_call


def test_side_answers_are_plausible() -> None:
    assert API.side_answer("GET", "/v1/models") == {"object": "list", "data": []}
    assert API.side_answer("POST", "/v1/embeddings") == {}


def test_an_error_of_a_replay_is_read_as_the_apis_own() -> None:
    (failure,) = read_blocks(API, API.error_answer(400, "used up"), status=400)
    assert isinstance(failure, Failure)
    assert (failure.message, failure.code) == ("used up", "invalid_request_error")


CACHED = {
    "a gateway's mark": ({"cache_control": {"type": "ephemeral"}}, "5m"),
    "a gateway's mark for an hour": ({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, "1h"),
    "OpenAI's mark": ({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}, "30m"),
}


@pytest.mark.parametrize(("mark", "lasts"), CACHED.values(), ids=CACHED.keys())
def test_a_place_to_cache_up_to_is_shown(mark: dict[str, Any], lasts: str) -> None:
    content = [{"type": "text", "text": "a", **mark}]
    blocks = read_request(API, {"messages": [{"role": "user", "content": content}]})
    assert [block.lasts for block in of_type(blocks, CacheBreakpoint)] == [lasts]


# -- nothing is too odd -----------------------------------------------------------------------------------------

STREAMS = [
    exchange.response.body
    for case in CASES
    for exchange in read_exchanges(case, lambda _number, _reason: None)
    if exchange.response and isinstance(exchange.response.body, str) and "data:" in exchange.response.body
]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_stream_cut_anywhere_is_read(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(STREAMS))
    stream = split_stream(body[: data.draw(st.integers(0, len(body)))])
    assert list(read_split(API, stream).blocks) or len(stream.texts) < 2


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_joining_the_pieces_of_a_text_first_changes_nothing(data: st.DataObject) -> None:
    texts = st.sampled_from(["", "a", "b", "{"])
    field = st.sampled_from(["content", "reasoning_content", "reasoning", "refusal", "role"])
    deltas = st.dictionaries(field, texts | st.none(), max_size=2)
    pieces = st.fixed_dictionaries({"arguments": texts}, optional={"name": texts})
    calls = st.builds(lambda n, piece: {"tool_calls": [{"index": n, "function": piece}]}, st.integers(0, 1), pieces)
    more = st.fixed_dictionaries({}, optional={"usage": st.none() | st.just({"total_tokens": 7}), "x": texts})
    chunks = st.builds(lambda delta, other: {**chunk(delta), "obfuscation": "x", **other}, deltas | calls, more)
    stream = split_stream(event_stream(*data.draw(st.lists(chunks, max_size=8))))
    assert read_split(API, stream) == read_split(API, stream, join=False)


@given(st.text(min_size=1), st.lists(st.integers(0, 100)))
@settings(deadline=None)
def test_where_a_text_is_cut_into_chunks_makes_no_difference(text: str, places: list[int]) -> None:
    cuts = sorted({min(place, len(text)) for place in places})
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    kinds: tuple[tuple[str, type[Text | Reasoning]], ...] = (("content", Text), ("reasoning_content", Reasoning))
    for field, kind in kinds:
        blocks = shown(*(chunk({field: piece}) for piece in pieces), "[DONE]")
        assert [block.text for block in of_type(blocks, kind)] == [text]
    arguments = json.dumps({"text": text})
    places = sorted({min(place, len(arguments)) for place in places})
    parts = [arguments[begin:end] for begin, end in zip([0, *places], [*places, len(arguments)], strict=True)]
    blocks = shown(*(call(index=0, id="a", **function("f", part)) for part in parts), "[DONE]")
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
    read_request(API, value)
    read_request(API, {"messages": [value, message, {"role": "tool", "content": value}], "tools": [value]})
    read_request(API, {"messages": value, "tools": value, "functions": value})
    API.canonical(Kind.MESSAGE, message)
    for status in (200, 500):
        read_blocks(API, value, status=status)
        read_blocks(API, {"choices": [value, {"message": message}], "usage": value, "error": other}, status=status)
        read_blocks(API, {"error": value, "detail": other}, status=status)
        read_blocks(API, {"detail": value, "errors": [other]}, status=status)


@example(value=None, other={"reasoning": "0"})
@given(JSON, JSON)
@settings(max_examples=400, deadline=None)
def test_no_chunk_is_too_odd(value: Any, other: Any) -> None:
    fields = ("content", "tool_calls", "function_call", "audio", "reasoning_details", "annotations", "refusal")
    delta = {**(other if isinstance(other, dict) else {}), **dict.fromkeys(fields, value)}
    choice = {**(value if isinstance(value, dict) else {}), "index": other}
    events = [value, {"choices": [value]}, {"choices": value}, chunk(value), chunk(delta), chunk(delta)]
    streamed(*events, {"choices": [choice, choice], "usage": other, "error": value})


def test_a_stream_of_another_api_is_not_known() -> None:
    assert not read_split(API, split_stream('event: ping\ndata: {"type": "ping"}\n\n')).known


def test_a_message_without_a_role_is_unknown() -> None:
    (message,) = of_type(read_request(API, {"messages": [{"content": "x"}]}), Message)
    assert [type(block) for block in message.content] == [Unknown]
