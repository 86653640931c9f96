"""Streams whose deltas are read at once read as they do event by event, whatever else is in them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.renderers.anthropic_messages import API as ANTHROPIC
from probe.renderers.anthropic_messages.api import AnthropicMessages
from probe.renderers.api import Api
from probe.renderers.deltas import split_deltas
from probe.renderers.events import Stream, split_stream
from probe.renderers.joined_events import read_events
from probe.renderers.json_reader import parsed
from probe.renderers.openai_responses import API as RESPONSES
from probe.renderers.openai_responses.api import OpenAIResponses
from tests.renderers.reading import read_split


class SlowMessages(AnthropicMessages):
    """Reads each delta by itself."""

    deltas = None


class SlowResponses(OpenAIResponses):
    """Reads each delta by itself."""

    deltas = None


BOTH: list[tuple[Api, Api]] = [(ANTHROPIC, SlowMessages()), (RESPONSES, SlowResponses())]


def event(fields: dict[str, Any], name: str | None = None) -> str:
    """Write an event as it is named by its type."""
    return f"event: {name or fields['type']}\ndata: {json.dumps(fields, separators=(',', ':'))}\n\n"


def block_delta(kind: str, name: str, piece: Any, index: Any = 0, **more: Any) -> str:
    return event({"type": "content_block_delta", "index": index, "delta": {"type": kind, name: piece, **more}})


def text_delta(piece: Any, item: str = "i", kind: str = "output_text", **more: Any) -> str:
    number = {"sequence_number": 4, "item_id": item, "output_index": 0, "content_index": 0}
    return event({"type": f"response.{kind}.delta", **number, "delta": piece, **more})


EVENTS = [
    *(block_delta("text_delta", "text", "a"), block_delta("text_delta", "text", 'é"\\'), block_delta("x", "y", 1)),
    *(block_delta("text_delta", "text", "b", index=1), block_delta("thinking_delta", "thinking", "c")),
    *(block_delta("thinking_delta", "thinking", "d", estimated_tokens=3), block_delta("text_delta", "text", None)),
    *(block_delta("signature_delta", "signature", "s"), block_delta("input_json_delta", "partial_json", '{"a":')),
    *(text_delta("a"), text_delta("b", logprobs=[], obfuscation="xyz"), text_delta("c", item="j"), text_delta(None)),
    *(text_delta("d", logprobs=[{"token": "d"}]), text_delta("e", kind="refusal"), text_delta("f", odd=1)),
    *(text_delta("\ud83d"), event({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}})),
    *(event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}), event({"type": "message_stop"})),
    event({"type": "response.completed", "response": {"status": "completed", "output": []}}),
    event({"type": "response.output_text.delta", "delta": "z"}, name="response.refusal.delta"),
    *("event: content_block_delta\ndata: \n\n", "event: content_block_delta\ndata: [DONE]\n\n", "data: {}\n\n"),
    *("event: content_block_delta\n\n", "\n", ": comment\n\n", "id: 5\n", '{"type":"content_block_delta"}\n'),
    *('event: response.output_text.delta\ndata: {"type":\ndata: "response.output_text.delta"}\n\n', "\r\n"),
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,\n"delta":{}}\n\n',
]


def found(api: Api, stream: Stream | None) -> Any:
    """Return all that a stream says."""
    assert stream is not None
    kinds: Counter[str] = Counter()
    for one in read_events(stream, api, parsed):
        kinds[one.kind] += one.pieces
    offsets = [stream.offset(number) for number in range(stream.length)]
    return read_split(api, stream), kinds, offsets, stream.length


@pytest.mark.parametrize(("fast", "slow"), BOTH, ids=["messages", "responses"])
@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=12), st.integers(0, 40))
def test_deltas_read_at_once_say_what_they_say_one_by_one(
    fast: Api, slow: Api, events: list[str], missing: int
) -> None:
    start = "event: start\ndata: {}\n\n"
    whole = start + "".join(events)
    for text in (whole, whole[: max(len(start), len(whole) - missing)]):
        assert found(fast, fast.split("/", text)) == found(slow, slow.split("/", text))


RUNS = {
    "text of a message": (ANTHROPIC, [block_delta("text_delta", "text", str(one)) for one in range(50)]),
    "text of a response": (RESPONSES, [text_delta(str(one), logprobs=[], obfuscation="x" * one) for one in range(50)]),
}


@pytest.mark.parametrize(("api", "events"), RUNS.values(), ids=RUNS.keys())
def test_a_long_text_is_read_at_once_whatever_is_around_it(api: Api, events: list[str]) -> None:
    assert api.deltas is not None
    stop = 'event: stop\ndata: {"type":"stop"}\n\n'
    stream = split_deltas(stop + "".join(events) + stop, api.deltas)
    assert stream is not None
    assert ([*stream.texts], stream.length) == ([b'{"type":"stop"}'] * 2, 52)
    assert [one.pieces for one in read_events(stream, api, parsed)] == [1, 50, 1]
    unnamed = Stream(["message"] * 50, split_stream("".join(events)).texts)
    assert [(one.number, one.pieces) for one in read_events(unnamed, api, parsed)] == [(0, 50)]
