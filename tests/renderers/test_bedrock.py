"""What Bedrock carries in binary frames is read as the same events of the API's own stream are, whatever arrives."""

from __future__ import annotations

import base64
import json
import struct
from binascii import crc32
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.addon.aws_event_stream import CUT, DAMAGED, Frame, is_event_stream, read_frames
from probe.renderers.anthropic_messages import API as MESSAGES
from probe.renderers.api import Answer, Asked, EventSource, Kind, Stop
from probe.renderers.bedrock_converse import API as CONVERSE_API
from probe.renderers.bedrock_invoke import API
from probe.renderers.blocks import (
    Body,
    CacheBreakpoint,
    Failure,
    Instructions,
    Media,
    Message,
    Note,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from probe.renderers.json_reader import json_of
from tests.renderers.markers import lost
from tests.renderers.reading import event_stream, of_type, paths, read_answer, read_blocks, read_request, unknowns
from tests.support.apis.event_stream import frame
from tests.support.frames import chunk, error, event_frame, exception

INVOKE = "/model/anthropic.m-v1%3A0/invoke-with-response-stream"
CONVERSE_PATH = "/model/anthropic.m-v1%3A0/converse-stream"
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


def read(data: bytes) -> Answer:
    """Return the answer that frames are."""
    answer = read_answer(API, data, INVOKE)
    assert answer
    return answer


def notes(answer: Answer) -> list[str]:
    """Return the remarks on a stream."""
    return [block.text for block in of_type(answer.blocks, Note)]


# -- frames -------------------------------------------------------------------------------------------------------


def test_frames_read_as_they_were_written() -> None:
    data = event_frame("chunk", {"a": 1}) + exception("throttlingException", "slow") + error("Code", "bad")
    second, third = (data.index(start) for start in (exception("throttlingException", "slow"), error("Code", "bad")))
    assert list(read_frames(data)) == [
        Frame(start=0, kind="event", name="chunk", payload=b'{"a": 1}'),
        Frame(start=second, kind="exception", name="throttlingException", payload=b'{"message": "slow"}'),
        Frame(start=third, kind="error", name="Code", payload=b"bad"),
    ]


# Types of values that a header may have, as AWS writes them: https://smithy.io/2.0/aws/amazon-eventstream.html
OTHER_HEADERS = {
    "yes": b"\x00",
    "no": b"\x01",
    "a byte": b"\x02\x07",
    "a short number": b"\x03\x00\x07",
    "a number": b"\x04" + bytes(4),
    "a long number": b"\x05" + bytes(8),
    "bytes": b"\x06\x00\x02ab",
    "a time": b"\x08" + bytes(8),
    "a UUID": b"\x09" + bytes(16),
}


@pytest.mark.parametrize("value", OTHER_HEADERS.values(), ids=OTHER_HEADERS.keys())
def test_a_header_of_any_type_is_passed_over(value: bytes) -> None:
    headers = b"\x01x" + value + b"\x0b:event-type\x07\x00\x05chunk"
    data = raw_frame(headers, b"{}")
    assert list(read_frames(data)) == [Frame(start=0, kind="event", name="chunk", payload=b"{}")]
    assert [message.payload for message in by_botocore(data)] == [b"{}"]


def raw_frame(headers: bytes, payload: bytes) -> bytes:
    """Write a frame whose headers are bytes."""
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    start = lengths + struct.pack(">I", crc32(lengths)) + headers + payload
    return start + struct.pack(">I", crc32(start))


def by_botocore(data: bytes) -> list[Any]:
    """Read frames with AWS's own library."""
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return list(buffer)


NAMED = st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=9), max_size=4)


@given(st.lists(st.builds(frame, NAMED, st.binary(max_size=20)), min_size=1, max_size=4))
def test_frames_read_as_aws_s_own_library_reads_them(frames: list[bytes]) -> None:
    data = b"".join(frames)
    found = [(one.start, one.payload) for one in read_frames(data) if one.kind == "event"]
    starts = [sum(map(len, frames[:count])) for count in range(len(frames))]
    assert found == [(start, one.payload) for start, one in zip(starts, by_botocore(data), strict=True)]


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=100)
def test_what_came_before_a_cut_is_read(cut: int) -> None:
    ends = [sum(map(len, FRAMES[:count])) for count in range(len(FRAMES) + 1)]
    whole = max(count for count, end in enumerate(ends) if end <= cut)
    kinds = [(one.start, one.kind) for one in read_frames(WHOLE[:cut])]
    assert kinds == [(start, "event") for start in ends[:whole]] + ([] if cut in ends else [(ends[whole], CUT)])


@given(st.integers(0, len(FRAMES) - 1), st.data())
@settings(max_examples=100)
def test_a_damaged_frame_costs_no_other_one(number: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(FRAMES[number]) - 1))
    damaged = bytearray(FRAMES[number])
    damaged[place] ^= 1
    frames = list(read_frames(b"".join([*FRAMES[:number], bytes(damaged), *FRAMES[number + 1 :]])))
    assert len(frames) == len(FRAMES)
    assert [one.kind for one in frames if one.start == sum(map(len, FRAMES[:number]))] == [DAMAGED]
    assert sum(one.kind == "event" for one in frames) == len(FRAMES) - 1


def test_a_damaged_frame_is_named_in_the_answer() -> None:
    damaged = FRAMES[1][:-1] + b"?"
    answer = read(FRAMES[0] + damaged + b"".join(FRAMES[2:]))
    assert notes(answer) == [f"A frame at byte {len(FRAMES[0]):,} is damaged and left out ({len(damaged):,} bytes)."]
    assert answer.ended


NO_STREAMS = {
    "nothing": b"",
    "text": b'{"message": "no"}',
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "zeros": bytes(100),
    "a torn frame": WHOLE[:11],
}


@pytest.mark.parametrize("data", NO_STREAMS.values(), ids=NO_STREAMS.keys())
def test_other_bytes_are_no_stream(data: bytes) -> None:
    assert not is_event_stream(data)
    assert API.split(INVOKE, data) is None


@given(st.binary(max_size=200) | st.lists(st.sampled_from([*FRAMES, FRAMES[0][:50], b"\0" * 9])).map(b"".join))
@settings(max_examples=300)
def test_no_bytes_are_too_odd(data: bytes) -> None:
    for api in (API, CONVERSE_API):
        read_blocks(api, data)
        read_blocks(api, WHOLE[:80] + data)


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
    read_blocks(API, data)
    read_blocks(CONVERSE_API, data)


# -- messages -----------------------------------------------------------------------------------------------------


def test_frames_are_read_as_the_api_s_own_stream_is() -> None:
    assert read(WHOLE) == read_answer(MESSAGES, event_stream(*EVENTS))


def test_each_event_says_where_its_frame_is() -> None:
    stream = API.split(INVOKE, WHOLE)
    assert stream
    assert [stream.offset(number) for number in range(3)] == [0, len(FRAMES[0]), len(FRAMES[0] + FRAMES[1])]


def test_what_else_a_chunk_holds_is_shown() -> None:
    payload = {"bytes": base64.b64encode(json.dumps(EVENTS[0]).encode()).decode(), "p": "ab", "more": "than that"}
    assert "than that" in repr(read(event_frame("chunk", payload)))


def test_a_stream_that_by_chance_is_text_is_read() -> None:
    made = (chunk(EVENTS[0], "p" * length) for length in range(4000))
    text = next(data for data in made if _is_text(data)).decode()
    answer = read_answer(API, text, INVOKE)
    assert answer
    assert answer.usage
    assert answer.usage.input == 3


def _is_text(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def test_what_was_cut_short_is_read_as_far_as_it_came() -> None:
    data = b"".join(FRAMES[:6])[:-1]
    answer, stream = read(data), API.split(INVOKE, data)
    assert [block.text for block in of_type(answer.blocks, Text)] == ["Hello. é"]
    assert [call.finished for call in of_type(answer.blocks, ToolCall)] == [False]
    assert not answer.ended
    begun = len(b"".join(FRAMES[:5]))
    assert stream
    assert stream.unfinished == (("frame", f"{len(FRAMES[5]) - 1:,} bytes from byte {begun:,}"),)


def test_an_exception_ends_a_stream_with_its_words() -> None:
    answer = read(b"".join(FRAMES[:3]) + exception("throttlingException", "Too fast."))
    assert of_type(answer.blocks, Failure) == [Failure(message="Too fast.", code="throttlingException")]
    assert (answer.ended, unknowns(answer.blocks)) == (True, [])


@pytest.mark.parametrize("name", ["message", "Message"])
@pytest.mark.parametrize("api", [API, CONVERSE_API], ids=["invoke", "converse"])
def test_an_error_over_http_has_its_words(api: Any, name: str) -> None:
    assert read_blocks(api, {name: "No."}, status=403) == [Failure(message="No.")]
    assert read_blocks(api, api.error_answer(400, "No."), status=400) == [Failure(message="No.")]


def test_bytes_that_are_no_frames_are_shown_as_base64() -> None:
    assert read_blocks(API, b"\x89PNG") == [Note(text="Binary, as base64:"), Body(value="iVBORw==")]


def test_a_request_for_another_maker_s_model_is_a_call_whose_fields_are_unknown() -> None:
    assert unknowns(read_request(API, {"prompt": "Hi.", "max_gen_len": 9}, INVOKE)) == [
        "setting 'prompt'",
        "setting 'max_gen_len'",
    ]


def test_the_events_of_another_maker_s_model_are_shown_as_they_are() -> None:
    data = chunk({"generation": "Hi."})
    assert read_answer(API, data, INVOKE) is None
    assert read_blocks(API, data + exception("modelStreamErrorException", "no")) == [
        Body(value=[{"generation": "Hi."}], folded=False),
        Failure(message="no", code="modelStreamErrorException"),
    ]


ENDS = {
    "the end came": (WHOLE, True),
    "an exception ended it": (FRAMES[0] + exception("modelStreamErrorException", "no"), True),
    "no end came": (FRAMES[0], False),
    "the end came in part": (WHOLE[:-1], False),
}


@pytest.mark.parametrize(("data", "ended"), ENDS.values(), ids=ENDS.keys())
def test_a_stream_ends_where_the_api_says_so(data: bytes, ended: bool) -> None:
    assert read(data).ended is ended


def test_a_call_names_its_model_in_its_address() -> None:
    assert API.asked(INVOKE, json_of(REQUEST)) == Asked(model="anthropic.m-v1:0")
    assert paths(API, REQUEST, INVOKE) == ["anthropic_version", "messages[0]"]


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


def conversed(body: Any) -> Answer:
    """Return the answer of Converse that a body is."""
    answer = read_answer(CONVERSE_API, body, CONVERSE_PATH)
    assert answer
    return answer


def test_converse_reads_the_same_streamed_and_whole() -> None:
    streamed, whole = conversed(CONVERSED), conversed(ANSWER)
    assert list(streamed.blocks) == list(whole.blocks)
    assert unknowns(whole.blocks) == []
    for answer in (streamed, whole):
        assert answer.usage == Usage(input=13, output=5, total=18, cache_read=10)
        assert (answer.stop, answer.stop_word, answer.ended) == (Stop.TOOL_CALL, "tool_use", True)
        assert answer.sent_back == ({"role": "assistant", "content": ANSWER["output"]["message"]["content"]},)
    (call,) = of_type(whole.blocks, ToolCall)
    assert (call.name, call.arguments, call.finished) == ("ls", {"a": 1}, True)
    assert [block.text for block in of_type(whole.blocks, Text)] == ["Hello."]
    assert [part.source for part in streamed.parts] == [EventSource(1, 2), EventSource(3, 4), EventSource(5, 8)]


def test_a_converse_stream_ends_where_its_end_came() -> None:
    cut = conversed(b"".join(event_frame(name, event) for name, event in CONVERSE[:7]))
    assert not cut.ended
    assert [call.finished for call in of_type(cut.blocks, ToolCall)] == [False]
    failed = conversed(b"".join([event_frame(*CONVERSE[0]), exception("modelTimeoutException", "Too long.")]))
    assert failed.ended
    assert of_type(failed.blocks, Failure) == [Failure(message="Too long.", code="modelTimeoutException")]


PIECES: dict[str, dict[str, Any]] = {
    "text": {"text": "a"},
    "arguments": {"toolUse": {"input": "a"}},
    "reasoning": {"reasoningContent": {"text": "a"}},
}


@pytest.mark.parametrize("delta", PIECES.values(), ids=PIECES.keys())
def test_pieces_of_one_text_are_joined_whatever_their_padding(delta: dict[str, Any]) -> None:
    event = {"contentBlockIndex": 0, "delta": delta, "p": "abc"}
    found = CONVERSE_API.merge_key(event)
    assert found
    assert CONVERSE_API.merge_key(CONVERSE_API.with_text(event, "abc")) == (found[0], "abc")
    assert CONVERSE_API.merge_key({"contentBlockIndex": 0, "delta": delta}) == found
    assert CONVERSE_API.merge_key({**event, "more": 1}) is None
    assert CONVERSE_API.merge_key({**event, "delta": {**delta, "more": 1}}) is None


CONVERSE_REQUEST = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Hi."},
                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                {"toolResult": {"toolUseId": "t", "status": "error", "content": [{"text": "no"}, {"json": {"a": 1}}]}},
            ],
        }
    ],
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "ls", "description": "List.", "inputSchema": {"json": {}}}}],
        "toolChoice": {"auto": {}},
    },
    "inferenceConfig": {"maxTokens": 9},
}


def test_a_converse_request_is_read_as_the_model_reads_it() -> None:
    blocks = read_request(CONVERSE_API, CONVERSE_REQUEST, CONVERSE_PATH)
    assert [block.characters for block in of_type(blocks, Instructions)] == [9]
    assert [block.lasts for block in of_type(blocks, CacheBreakpoint)] == ["default"]
    assert [(block.role, block.type) for block in of_type(blocks, Message)] == [("user", "text, image, toolResult")]
    assert [block.size for block in of_type(blocks, Media)] == [3]
    assert [block.failed for block in of_type(blocks, ToolResult)] == [True]
    assert [(block.name, block.description) for block in of_type(blocks, Tool)] == [("ls", "List.")]
    assert unknowns(blocks) == []
    asked = CONVERSE_API.asked(CONVERSE_PATH, json_of(CONVERSE_REQUEST))
    assert asked == Asked(model="anthropic.m-v1:0", most_output=9)
    assert paths(CONVERSE_API, CONVERSE_REQUEST, CONVERSE_PATH) == [
        "toolConfig.toolChoice",
        "inferenceConfig",
        "system",
        "messages[0]",
        "toolConfig.tools[0]",
    ]


def test_cache_points_and_reminders_move() -> None:
    moved = [{"text": "Hi."}, {"cachePoint": {"type": "default"}}, {"text": "<system-reminder>"}]
    same = {"role": "user", "content": [{"text": "Hi."}]}
    assert CONVERSE_API.canonical(Kind.MESSAGE, {"role": "user", "content": moved}) == same


def of_converse(body: Any) -> Any:
    """Return all that is shown of a request; of what is none of the API's, everything."""
    return read_request(CONVERSE_API, body, CONVERSE_PATH) or body


def answered(body: Any) -> Any:
    """Return all that is shown of an answer; of what is none of the API's, everything."""
    return read_blocks(CONVERSE_API, body, CONVERSE_PATH) or body


def streamed(events: Any) -> Any:
    """Return all that is shown of a stream; what a test breaks as a whole event is not sent."""
    sent = [event for event in events if isinstance(event, list) and len(event) == 2 and isinstance(event[0], str)]
    blocks = read_blocks(CONVERSE_API, b"".join(event_frame(name, event) for name, event in sent), CONVERSE_PATH)
    return blocks, [name for name, _ in sent], [event for event in events if event not in sent]


LOSSLESS: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "a request": (CONVERSE_REQUEST, of_converse, ("*.source.bytes: a text",)),
    "an answer": (ANSWER, answered, ("*.signature: a text", "usage.inputTokens: a number")),
    "a stream": (
        [list(event) for event in CONVERSE],
        streamed,
        ("*.signature: a text", "*.contentBlockIndex: a number", "*.usage.inputTokens: a number"),
    ),
}


@pytest.mark.parametrize(("body", "read_it", "accepted"), LOSSLESS.values(), ids=LOSSLESS.keys())
def test_nothing_of_converse_is_lost(body: Any, read_it: Any, accepted: tuple[str, ...]) -> None:
    # What only the API can read is shown by its length; input is shown with the cache in it; a number orders blocks.
    assert lost(body, read_it, accepted) == []


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
    read_blocks(CONVERSE_API, CONVERSED[:400] + b"".join(frames))
    for _, one, other in events:
        read_blocks(CONVERSE_API, {"output": {"message": {"content": one}}, "usage": other})
        read_request(CONVERSE_API, {"messages": [{"role": one, "content": [{"toolUse": one}, {"image": other}]}]})
        read_request(CONVERSE_API, {"system": one, "toolConfig": other, "messages": [{"content": [{"text": one}]}]})
        for kind in Kind:
            repr([*CONVERSE_API.item_blocks(kind, "x", one), CONVERSE_API.canonical(kind, one)])


CALLS: dict[str, tuple[Any, str, str, bool]] = {
    "a message": (API, "POST", "/model/m/invoke", True),
    "a stream": (API, "POST", INVOKE, True),
    "models": (API, "GET", "/foundation-models", False),
    "Converse": (CONVERSE_API, "POST", "/model/m/converse", True),
    "a stream of Converse": (CONVERSE_API, "POST", CONVERSE_PATH, True),
    "models, beside Converse": (CONVERSE_API, "GET", "/foundation-models", False),
}


@pytest.mark.parametrize(("api", "method", "path", "calls"), CALLS.values(), ids=CALLS.keys())
def test_a_call_of_the_model_is_known_by_its_address(api: Any, method: str, path: str, calls: bool) -> None:
    assert api.is_call(method, path) is calls
    assert api.side_answer(method, path) == (None if calls else {})
