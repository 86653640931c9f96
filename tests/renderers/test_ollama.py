"""Ollama's API is read whole: chats and prompts, at once and line by line."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers.api import Answer, Asked, EventSource, Kind, Stop
from probe.renderers.blocks import Block, Reasoning, Text, ToolCall
from probe.renderers.joined_events import read_events
from probe.renderers.json_reader import as_text, json_of, parsed
from probe.renderers.ollama import API
from tests.conftest import GOLDEN
from tests.renderers.reading import of_type, read_answer, read_blocks, read_request, read_split, unknowns

CASES = sorted((GOLDEN / "ollama").glob("*.jsonl"))
_TIMES = count()
CALL = {"function": {"name": "read", "arguments": {"path": "a"}}}


def exchanges(case: str) -> list[Exchange]:
    """Return the exchanges of a golden case."""
    return list(read_exchanges(GOLDEN / "ollama" / f"{case}.jsonl", lambda _number, _reason: None))


def line(done: bool = False, **message: Any) -> dict[str, Any]:
    """Return one line of a chat; each has another time."""
    at = f"2026-01-01T00:00:00.{next(_TIMES):06d}Z"
    return {"model": "m", "created_at": at, "message": {"role": "assistant", "content": "", **message}, "done": done}


def written(*lines: Any) -> str:
    """Return lines as they are sent."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)


def streamed(*lines: Any) -> Answer:
    """Return the answer of a stream."""
    answer = read_answer(API, written(*lines))
    assert answer is not None
    return answer


@pytest.mark.parametrize("case", [case for case in CASES if case.stem != "unknown-things"], ids=lambda case: case.stem)
def test_all_that_is_documented_is_understood(case: Path) -> None:
    for exchange in read_exchanges(case, lambda _number, _reason: None):
        response = exchange.response
        blocks = read_blocks(API, response.body, status=response.status_code) if response else []
        assert unknowns(read_request(API, exchange.request.body)) == []
        assert unknowns(blocks) == []


def test_what_is_not_understood_is_named() -> None:
    whole, stream = exchanges("unknown-things")
    assert unknowns(read_request(API, whole.request.body)) == [
        *("setting 'mirror'", "field 'mood'", "field 'content'", "message without a role", "tool")
    ]
    assert whole.response
    assert stream.response
    assert unknowns(read_blocks(API, whole.response.body)) == [
        *("tool call", "done_reason 'asleep'", "count 'eval_count'", "field 'mood'", "field 'weather'")
    ]
    assert unknowns(read_blocks(API, stream.response.body)) == ["field 'speed'", "line", "line"]


ASKED: dict[str, tuple[dict[str, Any], Asked]] = {
    "a chat": ({"messages": [{"role": "user", "content": "a"}]}, Asked(model="m")),
    "a limit": (
        {"prompt": "a", "options": {"num_predict": 7}, "format": ""},
        Asked(model="m", most_output=7),
    ),
    "no limit": ({"prompt": "a", "options": {"num_predict": -1}}, Asked(model="m")),
    "any JSON": ({"prompt": "a", "format": "json"}, Asked(model="m", schema_fields=())),
    "JSON with fields": (
        {"prompt": "a", "format": {"type": "object", "properties": {"a": {}, "b": {}}}},
        Asked(model="m", schema_fields=("a", "b")),
    ),
    "a prompt that loads the model": ({}, Asked(model="m", no_answer=True)),
    "an empty prompt": ({"prompt": "", "images": []}, Asked(model="m", no_answer=True)),
    "a chat that unloads it": ({"messages": [], "keep_alive": 0}, Asked(model="m", no_answer=True)),
    "a picture alone": ({"images": ["QUJD"]}, Asked(model="m")),
}


@pytest.mark.parametrize(("body", "expected"), ASKED.values(), ids=ASKED.keys())
def test_what_a_call_asks_for_is_known(body: dict[str, Any], expected: Asked) -> None:
    assert API.asked("/api/chat", json_of({"model": "m", **body})) == expected


def test_a_chat_of_another_service_is_no_call() -> None:
    assert API.items("/api/chat", json_of({"id": "c1", "messages": [{"parts": []}]})) is None
    assert read_answer(API, {"message": "Hello."}) is None
    assert not API.is_call("GET", "/api/chat")
    assert not API.is_call("POST", "/api/embed")
    assert API.is_call("POST", "/ollama/api/chat/")


ENDS = {
    "done": (line(True, content="a") | {"done_reason": "stop"}, Stop.END, "stop"),
    "a tool to call": (line(True, tool_calls=[CALL]) | {"done_reason": "stop"}, Stop.TOOL_CALL, "stop"),
    "the limit": (line(True, content="a") | {"done_reason": "length"}, Stop.LENGTH, "length"),
    "loaded": (line(True) | {"done_reason": "load"}, Stop.END, "load"),
    "an unknown word": (line(True) | {"done_reason": "asleep"}, Stop.OTHER, "asleep"),
    "none": (line(True, content="a"), None, None),
    "an error": ({"error": "No."}, None, None),
}


@pytest.mark.parametrize(("last", "stop", "word"), ENDS.values(), ids=ENDS.keys())
def test_a_stream_and_a_whole_answer_end_for_the_same_reason(
    last: dict[str, Any], stop: Stop | None, word: str | None
) -> None:
    for answer in (read_answer(API, last), streamed(line(content="b"), last)):
        assert answer is not None
        assert (answer.stop, answer.stop_word, answer.ended) == (stop, word, True)


def test_each_part_of_a_stream_has_its_lines() -> None:
    thoughts, words = (line(thinking=one) for one in "ab"), (line(content=one) for one in "cde")
    answer = streamed(*thoughts, *words, line(tool_calls=[CALL, CALL]), line(content="f"), line(True))
    assert [(part.source, part.blocks[0]) for part in answer.parts] == [
        (EventSource(0, 1), Reasoning(summary=None, text="ab")),
        (EventSource(2, 4), Text(text="cde", label="Output text")),
        *[(EventSource(5, 5), ToolCall(name="read", arguments={"path": "a"}, kind="function"))] * 2,
        (EventSource(6, 6), Text(text="f", label="Output text")),
    ]


def test_a_stream_without_its_last_line_was_cut_short() -> None:
    assert not streamed(line(content="a"), line(content="b")).ended
    assert not streamed(line(content="a")).ended


def test_an_answer_is_the_message_that_repeats_it() -> None:
    call = {"id": "call_1", "function": {"index": 0, **CALL["function"]}}
    answer = streamed(line(thinking="Hm."), line(content="a"), line(content="b"), line(tool_calls=[call]), line(True))
    repeated = {"role": "assistant", "content": "ab", "thinking": "Hm.", "tool_calls": [CALL], "images": None}
    assert [API.canonical(Kind.MESSAGE, one) for one in answer.sent_back] == [API.canonical(Kind.MESSAGE, repeated)]


def test_a_long_text_is_one_event() -> None:
    for lines in (
        [line(content=str(number)) for number in range(1000)],
        [{"model": "m", "created_at": str(one), "response": "a", "done": False} for one in range(1000)],
    ):
        stream = API.split("/api/chat", written(*lines, line(True)))
        assert stream is not None
        assert [one.pieces for one in read_events(stream, API, parsed)] == [1000, 1]


_TEXT = st.text(max_size=3)
_LINES = st.lists(
    st.one_of(
        st.builds(lambda text: line(content=text), _TEXT),
        st.builds(lambda text: line(thinking=text), _TEXT),
        st.builds(lambda text: line(content=text, thinking=text), _TEXT),
        st.builds(lambda text: line(content=text) | {"logprobs": [{"token": text}]}, _TEXT),
        st.builds(lambda text: line(content=text) | {"model": text}, _TEXT),
        st.builds(lambda text: line(content=text) | {text: text}, _TEXT),
        st.builds(lambda text: {"created_at": text, "response": text, "done": False}, _TEXT),
        st.just(line(tool_calls=[CALL])),
        st.just({"error": "No."}),
        st.just(line(True)),
    ),
    max_size=8,
)


@given(_LINES)
def test_joining_pieces_changes_nothing_but_the_time(lines: list[dict[str, Any]]) -> None:
    stream = API.split("/api/chat", written(*lines))
    if stream is not None:
        joined, single = (read_split(API, stream, join=join) for join in (True, False))
        assert joined.parts == single.parts
        assert _without_time(joined.after) == _without_time(single.after)


@given(_LINES, st.integers(0, 400))
def test_a_stream_may_be_cut_anywhere(lines: list[dict[str, Any]], size: int) -> None:
    text = written(*lines)[:size]
    stream = API.split("/api/chat", text)
    if stream is not None:
        read_split(API, stream)
        texts = [as_text(one) for one in stream.texts]
        assert "".join((*texts, *(left for _, left in stream.unfinished))) == text.replace("\n", "")
        starts = [text.encode()[stream.offset(number) :].decode() for number in range(len(stream.texts))]
        assert all(rest.startswith(one) for rest, one in zip(starts, texts, strict=True))


def _without_time(blocks: tuple[Block, ...]) -> list[str]:
    return [repr(block) for block in blocks if "created_at" not in repr(block)]


NO_STREAMS = {
    "nothing": "",
    "a text": "Hello.\n",
    "JSON on several lines": '{\n "done": true\n}\n',
    "the beginning of a line": '{"model": "m", "mess',
    "an event stream": 'data: {"done": false}\n\n',
}


@pytest.mark.parametrize("body", NO_STREAMS.values(), ids=NO_STREAMS.keys())
def test_another_text_is_no_stream(body: str) -> None:
    assert API.split("/api/chat", body) is None


def test_what_ends_a_line_elsewhere_does_not_end_one_here() -> None:
    answer = streamed(line(content="a\u2028b\x85c"), line(True))
    assert of_type(answer.blocks, Text) == [Text(text="a\u2028b\x85c", label="Output text")]
    windows = written(line(content="a"), line(True)).replace("\n", "\r\n")
    assert read_blocks(API, windows)[1:] == [Text(text="a", label="Output text")]
