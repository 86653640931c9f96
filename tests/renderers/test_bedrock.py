"""What Bedrock carries in binary frames is told as the same events of the API's own stream are, whatever arrives."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe.renderers.markdown import markdown

from probe.analysis.raws import count_raws
from probe.record.exchange import Exchange, Request, Response
from probe.record.reader import read_exchanges
from probe.renderers import anthropic_messages, load_renderer
from probe.renderers.bedrock import error_answer, is_complete, request_blocks, response_blocks, side_answer, turns
from probe.renderers.blocks import Block, Body, EventCounts, Failure, Note, Text, ToolCall, Usage
from probe.renderers.eventstream import MISSING, Frame, is_eventstream, read_frames
from probe.report.log import Log
from tests.conftest import GOLDEN
from tests.replay.replays import replaying
from tests.support.apis.event_stream import frame
from tests.support.client import ask
from tests.support.frames import MEDIA_TYPE, chunk, error, event_frame, exception

CASES = GOLDEN / "bedrock"
STREAM = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.m-v1%3A0/invoke-with-response-stream"
REQUEST = {"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": "Hi."}]}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "content": [], "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello. é"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "ls"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]
FRAMES = [chunk(event) for event in EVENTS]
WHOLE = b"".join(FRAMES)


def of_type(blocks: list[Block], kind: type[Any]) -> list[Any]:
    """Pick the blocks of one type."""
    return [block for block in blocks if isinstance(block, kind)]


def notes(data: bytes) -> list[str]:
    """Give the remarks on a stream."""
    return [block.text for block in of_type(list(response_blocks(data, 200)), Note)]


def answered(data: bytes, *, url: str = STREAM, error: str | None = None) -> Exchange:
    """Make an exchange that was answered with bytes."""
    encoded = base64.b64encode(data).decode()
    headers: dict[str, str | list[str]] = {"Content-Type": MEDIA_TYPE}
    response = Response(status_code=200, headers=headers, body=encoded, body_kind="base64", size=len(data))
    request = Request(method="POST", url=url, body=REQUEST)
    return Exchange(timestamp=1.0, request=request, response=response, error=error)


# -- frames -------------------------------------------------------------------------------------------------------


def test_frames_read_as_they_were_written() -> None:
    read = read_frames(event_frame("chunk", {"a": 1}) + exception("throttlingException", "slow") + error("Code", "bad"))
    assert read is not None
    assert read.problems == ()
    assert read.frames == (
        Frame(kind="event", name="chunk", payload=b'{"a": 1}'),
        Frame(kind="exception", name="throttlingException", payload=b'{"message": "slow"}'),
        Frame(kind="error", name="Code", payload=b"bad"),
    )


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=100)
def test_what_came_before_a_cut_is_read(cut: int) -> None:
    read = read_frames(WHOLE[:cut])
    assert read is not None
    ends = [sum(map(len, FRAMES[:count])) for count in range(len(FRAMES) + 1)]
    whole = max(count for count, end in enumerate(ends) if end <= cut)
    assert len(read.frames) == whole
    assert read.problems == (() if cut in ends else (f"A frame at byte {ends[whole]:,} is cut short.",))


@given(st.integers(0, len(FRAMES) - 1), st.data())
@settings(max_examples=100)
def test_a_damaged_frame_costs_no_other_one(number: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(FRAMES[number]) - 1))
    damaged = bytearray(FRAMES[number])
    damaged[place] ^= 1
    read = read_frames(b"".join([*FRAMES[:number], bytes(damaged), *FRAMES[number + 1 :]]))
    assert read is not None
    assert len(read.frames) == len(FRAMES) - 1
    (problem,) = read.problems
    assert f"A frame at byte {sum(map(len, FRAMES[:number])):,} is " in problem


NO_STREAMS = {
    "nothing": b"",
    "text": b'{"message": "no"}',
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "zeros": bytes(100),
    "a torn frame": WHOLE[:11],
}


@pytest.mark.parametrize("data", NO_STREAMS.values(), ids=NO_STREAMS.keys())
def test_other_bytes_are_no_stream(data: bytes) -> None:
    assert not is_eventstream(data)


@given(st.binary(max_size=200) | st.lists(st.sampled_from([*FRAMES, FRAMES[0][:50], b"\0" * 9])).map(b"".join))
@settings(max_examples=300)
def test_no_bytes_are_too_odd(data: bytes) -> None:
    markdown(response_blocks(data, 200))
    markdown(response_blocks(WHOLE[:80] + data, 200))
    turns(answered(data))


HEADERS = st.dictionaries(
    st.sampled_from([":message-type", ":event-type", ":exception-type", ":error-code", ":error-message", "x"]),
    st.sampled_from(["event", "exception", "error", "chunk", "initial-response", "", "a\nb"]),
)
PAYLOADS = st.sampled_from(
    [b"", b"x", b"\xff", b"[]", b"null", b'{"bytes": "?"}', b'{"bytes": "e30="}', b'{"bytes": "/w=="}', b'{"bytes":1}']
) | st.builds(
    lambda value: json.dumps({"bytes": base64.b64encode(json.dumps(value).encode()).decode()}).encode(),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: st.dictionaries(st.sampled_from(["type", "error", "delta", "message"]), inner, max_size=3),
    ),
)


@given(st.lists(st.builds(frame, HEADERS, PAYLOADS), max_size=3), st.booleans())
@settings(max_examples=400)
def test_no_frame_is_too_odd(frames: list[bytes], begun: bool) -> None:
    data = b"".join([*FRAMES[: 2 * begun], *frames])
    markdown(response_blocks(data, 200))
    assert len(turns(answered(data))) == 1


# -- what is told -------------------------------------------------------------------------------------------------


def test_frames_are_told_as_the_apis_own_stream_is() -> None:
    sse = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS)
    framed, streamed = list(response_blocks(WHOLE, 200)), list(anthropic_messages.response_blocks(sse, 200))
    assert framed[1:] == streamed[1:]
    (counts,) = of_type(framed, EventCounts)
    assert (counts.size, counts.counts) == (len(WHOLE), streamed[0].counts)  # type: ignore[union-attr]


def test_without_botocore_the_report_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    assert list(response_blocks(WHOLE, 200)) == [
        Note(text=MISSING),
        Body(value=base64.b64encode(WHOLE).decode()),
    ]
    (turn,) = turns(answered(WHOLE))
    assert (turn.content_type, turn.complete) == (MEDIA_TYPE, True)
    assert not is_complete(answered(WHOLE, error="reset"))


def test_a_stream_that_by_chance_is_text_is_read() -> None:
    made = (chunk(EVENTS[0], "p" * length) for length in range(4000))
    text = next(data for data in made if _is_text(data)).decode()
    (usage,) = of_type(list(response_blocks(text, 200)), Usage)
    assert usage.input == 3


def _is_text(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def test_what_was_cut_short_is_told_as_far_as_it_came() -> None:
    data = b"".join(FRAMES[:6])[:-1]
    blocks = list(response_blocks(data, 200))
    assert [block.text for block in of_type(blocks, Text)] == ["Hello. é"]
    assert [call.finished for call in of_type(blocks, ToolCall)] == [False]
    assert notes(data) == [
        "The stream was cut short: no event told the end of the answer.",
        f"A frame at byte {len(b''.join(FRAMES[:5])):,} is cut short.",
    ]


def test_an_exception_ends_a_stream_with_its_words() -> None:
    data = b"".join(FRAMES[:3]) + exception("throttlingException", "Too fast.")
    (failure,) = of_type(list(response_blocks(data, 200)), Failure)
    assert (failure.message, failure.code) == ("Too fast.", "throttlingException")
    assert notes(data) == []


@pytest.mark.parametrize("name", ["message", "Message"])
def test_an_error_over_http_has_its_words(name: str) -> None:
    assert list(response_blocks({name: "No."}, 403)) == [Failure(message="No.")]
    assert list(response_blocks(error_answer(400, "No."), 400)) == [Failure(message="No.")]


def test_a_request_for_another_makers_model_is_told_as_it_is() -> None:
    body = {"prompt": "Hi.", "max_gen_len": 9}
    assert list(request_blocks(body)) == [Body(value=body)]


def test_the_report_counts_nothing_of_it_as_failed_or_not_understood() -> None:
    log = Log(load_renderer("auto"), 1.0)
    text = log.entry(1, answered(WHOLE))
    assert "Hello. é" in text
    assert "3 input | 5 output | 8 total" in text
    assert (log.failures, log.raws) == (0, 0)


# -- turns --------------------------------------------------------------------------------------------------------


def test_a_turns_answer_is_the_text_of_a_stream() -> None:
    (turn,) = turns(answered(WHOLE))
    assert (turn.path.rpartition("/")[2], turn.status_code) == ("invoke-with-response-stream", 200)
    assert (turn.content_type, turn.complete) == ("text/event-stream", True)
    assert [message["content"] for message in turn.full_input or ()] == ["Hi."]
    told = list(anthropic_messages.response_blocks(turn.response, 200))
    assert told[1:] == list(response_blocks(WHOLE, 200))[1:]


COMPLETE = {
    "the end came": (WHOLE, None, True),
    "the end came, and then the connection went": (WHOLE, "reset", True),
    "an exception ended it": (FRAMES[0] + exception("modelStreamErrorException", "no"), "reset", True),
    "no end came": (FRAMES[0], None, False),
    "the end came in part": (WHOLE[:-1], None, False),
    "another maker's model": (chunk({"generation": "Hi."}), None, True),
    "another maker's model, broken off": (chunk({"generation": "Hi."}), "reset", False),
    "another maker's model, cut short": (chunk({"generation": "Hi."})[:-1], None, False),
}


@pytest.mark.parametrize(("data", "error", "complete"), COMPLETE.values(), ids=COMPLETE.keys())
def test_a_stream_is_complete_where_the_api_says_so(data: bytes, error: str | None, complete: bool) -> None:
    assert is_complete(answered(data, error=error)) is complete


# -- Converse -----------------------------------------------------------------------------------------------------

CALL = {"toolUseId": "t", "name": "ls"}
CONVERSE: list[tuple[str, dict[str, Any]]] = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm."}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hel"}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "lo."}}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": CALL}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a"'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": ": 1}"}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("messageStop", {"stopReason": "tool_use"}),
    (
        "metadata",
        {"usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 18, "cacheReadInputTokens": 10}, "metrics": {}},
    ),
]
CONVERSED = b"".join(event_frame(name, event) for name, event in CONVERSE)
REASONED = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}}
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [
        REASONED, {"text": "Hello."}, {"toolUse": {**CALL, "input": {"a": 1}}}
    ]}},
    **CONVERSE[-2][1], **CONVERSE[-1][1],
}  # fmt: skip


def test_converse_reads_the_same_streamed_and_whole() -> None:
    streamed, whole = list(response_blocks(CONVERSED, 200)), list(response_blocks(ANSWER, 200))
    assert streamed[1:] == whole
    (usage,) = of_type(whole, Usage)
    assert (usage.input, usage.output, usage.total, usage.cache_read) == (13, 5, 18, 10)
    (call,) = of_type(whole, ToolCall)
    assert (call.name, call.arguments, call.finished) == ("ls", {"a": 1}, True)
    assert "Hello." in markdown(whole)
    assert "Hm." in markdown(whole)


def test_a_converse_stream_is_complete_where_its_end_came() -> None:
    url = STREAM.replace("invoke-with-response-stream", "converse-stream")
    assert is_complete(answered(CONVERSED, url=url, error="reset"))
    cut = b"".join(event_frame(name, event) for name, event in CONVERSE[:7])
    assert not is_complete(answered(cut, url=url))
    assert [call.finished for call in of_type(list(response_blocks(cut, 200)), ToolCall)] == [False]


def test_a_converse_request_is_told_as_the_model_reads_it() -> None:
    result = {"toolUseId": "t", "status": "error", "content": [{"text": "no"}, {"json": {"a": 1}}]}
    image = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
    body = {
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "Hi."}, image, {"toolResult": result}]}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "ls", "description": "List.", "inputSchema": {"json": {}}}}]},
        "inferenceConfig": {"maxTokens": 9},
    }
    blocks = list(request_blocks(body))
    text = markdown(blocks)
    for told in ("Be brief.", "Cache breakpoint", "Hi.", "3 bytes", "*(failed)*", "List.", "maxTokens"):
        assert told in text
    assert count_raws(blocks) == 0


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("text", "json", "toolUse", "toolResult", "reasoningContent", "reasoningText", "image", "source"),
                    *("bytes", "content", "input", "name", "delta", "start", "usage", "cachePoint", "role", "toolSpec"),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.sampled_from([name for name, _ in CONVERSE]), VALUES, VALUES), max_size=5))
@settings(max_examples=400)
def test_no_converse_is_too_odd(events: list[tuple[str, Any, Any]]) -> None:
    frames = [
        event_frame(name, {"contentBlockIndex": index % 2, "delta": one, "start": other, "role": one, "usage": one})
        for index, (name, one, other) in enumerate(events)
    ]
    markdown(response_blocks(CONVERSED[:400] + b"".join(frames), 200))
    for _, one, other in events:
        markdown(response_blocks({"output": {"message": {"content": one}}, "usage": other}, 200))
        markdown(request_blocks({"messages": [{"role": one, "content": [{"toolUse": one}, {"image": other}]}]}))
        odd = {"system": one, "toolConfig": other, "messages": [{"content": [{"text": one}]}]}
        markdown(request_blocks(odd))


def test_what_calls_no_model_is_no_turn() -> None:
    url = "https://bedrock.eu-west-1.amazonaws.com/foundation-models"
    assert turns(answered(b"x", url=url)) == []
    assert side_answer("POST", "/model/m/invoke") is None
    assert side_answer("GET", "/foundation-models") == {}


def test_a_replay_gives_the_frames_byte_for_byte() -> None:
    exchanges = list(read_exchanges(CASES / "streamed-tool-call.jsonl", lambda _number, _reason: None))
    path = exchanges[0].request.url.removeprefix("https://bedrock-runtime.eu-west-1.amazonaws.com")
    with replaying(exchanges, load_renderer("auto")) as replay:
        first, second = (ask(replay.url + path, b"{}") for _ in range(2))
    assert exchanges[0].response
    assert first.body == base64.b64decode(exchanges[0].response.body)
    assert dict(first.headers)["content-type"] == MEDIA_TYPE
    assert (second.status, list(json.loads(second.body))) == (400, ["message"])
