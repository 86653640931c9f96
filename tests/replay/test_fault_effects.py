"""What each fault does to an answer, and that it does nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe.addon.aws_event_stream import MEDIA_TYPE as AWS_FRAMES
from probe.addon.aws_event_stream import read_frames
from probe.renderers import (
    anthropic_messages,
    bedrock_converse,
    gemini_generate_content,
    ollama,
    openai_chat_completions,
    openai_responses,
)
from probe.renderers.api import Api
from probe.replay.answer_events import body_of, event_spans
from probe.replay.fault_catalogue import KINDS, FaultKind
from probe.replay.faults import parse_fault
from probe.replay.timed_answer import End, TimedAnswer, TimedPiece
from tests.replay.replays import events, stream

API = openai_responses.API
STREAM = stream("x").encode()
EVENTS = [f"{part}\n\n".encode() for part in stream("x").split("\n\n")[:-1]]
DATA = [event.encode() for event in events("x")]


def answered(body: bytes = STREAM, kind: str = "text/event-stream", *, borders: tuple[int, ...] = ()) -> TimedAnswer:
    """Make an answer with a body that is cut at borders, a piece each second."""
    places = [0, *sorted({place for place in borders if 0 < place < len(body)}), len(body)]
    pieces = tuple(TimedPiece(float(at), body[start:end]) for at, (start, end) in enumerate(pairwise(places), 2))
    headers = (("Content-Type", kind), ("Content-Length", str(len(body))))
    return TimedAnswer(status=200, headers=headers, head_after=1.0, pieces=pieces, ended_after=pieces[-1].after + 1.0)


def messages() -> TimedAnswer:
    """Make an answer over a WebSocket."""
    pieces = tuple(TimedPiece(float(at), data) for at, data in enumerate(DATA, 1))
    return TimedAnswer(status=101, pieces=pieces, ended_after=9.0, websocket=True)


def with_fault(text: str, answer: TimedAnswer, api: Api = API) -> TimedAnswer:
    """Return an answer with a fault in it."""
    return parse_fault(text).applied(answer, api, 1)


HALF = len(DATA[1]) // 2
BODIES: dict[str, bytes] = {
    "cut after 2 events": EVENTS[0] + EVENTS[1],
    "cut after 12 events": EVENTS[0] + EVENTS[1],
    "reset after 1": EVENTS[0],
    "end after 1": EVENTS[0],
    "cut inside event 2": EVENTS[0] + EVENTS[1][: len(EVENTS[1]) // 2],
    "no end event": EVENTS[0] + EVENTS[1],
    "cut a data line after 1": STREAM.replace(DATA[1], DATA[1][:HALF] + b" " * (len(DATA[1]) - HALF)),
    "line break in data 2": STREAM.replace(DATA[1], DATA[1][:HALF] + b"\n" + DATA[1][HALF:]),
    "malformed json 2": STREAM.replace(DATA[1], DATA[1][:-1]),
    "invalid utf-8 2": STREAM.replace(DATA[1], DATA[1][:HALF] + b"\xff" + DATA[1][HALF + 1 :]),
    "duplicate event 2": EVENTS[0] + 2 * EVENTS[1] + EVENTS[2],
    "missing event 2": EVENTS[0] + EVENTS[2],
    "swap event 2": EVENTS[0] + EVENTS[2] + EVENTS[1],
    "empty event": EVENTS[0] + b"data: \n\n" + EVENTS[1] + EVENTS[2],
    "comments": b"".join(b": keep-alive\n\n" + event for event in EVENTS),
    "crlf": STREAM.replace(b"\n", b"\r\n"),
    "bom": b"\xef\xbb\xbf" + STREAM,
    "empty 200": b"",
    "close 1011 after 2": EVENTS[0] + EVENTS[1],
    "trickle": STREAM,
    "buffered": STREAM,
    "byte by byte": STREAM,
    "stall 3s": STREAM,
    "hang": STREAM,
    "slow first byte 3s": STREAM,
    "no answer": STREAM,
    "short content-length": STREAM,
    "wrong content-length": STREAM,
    "wrong content-type": STREAM,
    "wrong content-encoding": STREAM,
    "reset before first": b"",
    "close before first": b"",
    "redirect": b"",
}


@pytest.mark.parametrize(("text", "body"), BODIES.items())
@pytest.mark.parametrize("borders", [(), (5, 100), tuple(range(400))], ids=["one piece", "three", "bytes"])
def test_the_bytes_of_a_stream_are_changed_only_where_the_fault_is(
    text: str, body: bytes, borders: tuple[int, ...]
) -> None:
    assert body_of(with_fault(text, answered(borders=borders))) == body


MESSAGES: dict[str, list[bytes]] = {
    "cut after 2 events": DATA[:2],
    "close 1011 after 2": DATA[:2],
    "close 1006 after 1": DATA[:1],
    "cut inside event 2": DATA[:1],
    "no end event": DATA[:2],
    "duplicate event 2": [DATA[0], DATA[1], DATA[1], DATA[2]],
    "missing event 2": [DATA[0], DATA[2]],
    "swap event 1": [DATA[1], DATA[0], DATA[2]],
    "empty event": [DATA[0], b"", DATA[1], DATA[2]],
    "malformed json 3": [DATA[0], DATA[1], DATA[2][:-1]],
    "line break in data 2": [DATA[0], DATA[1][:HALF] + b"\n" + DATA[1][HALF:], DATA[2]],
    "comments": DATA,
    "crlf": DATA,
    "trickle": DATA,
    "byte by byte": DATA,
    "buffered": DATA,
    "stall 2s": DATA,
    "empty 200": [],
    "reset before first": [],
    "html 502": [],
    "redirect": [],
}


@pytest.mark.parametrize(("text", "data"), MESSAGES.items())
def test_messages_stay_messages(text: str, data: list[bytes]) -> None:
    answer = with_fault(text, messages())
    assert answer.websocket
    assert [piece.data for piece in answer.pieces] == data


MEDIA_TYPES = ["text/event-stream", "application/x-ndjson", "application/json", AWS_FRAMES]


@given(
    st.sampled_from(KINDS),
    st.lists(st.integers(0, 2 * len(STREAM)), max_size=9).map(tuple),
    st.sampled_from(MEDIA_TYPES),
    st.binary(min_size=1, max_size=60) | st.just(STREAM),
    st.booleans(),
)
def test_any_fault_can_be_put_into_any_answer(
    kind: FaultKind, borders: tuple[int, ...], media_type: str, body: bytes, websocket: bool
) -> None:
    answer = replace(answered(body, media_type, borders=borders), websocket=websocket)
    changed = with_fault(kind.form.partition(" [")[0].format(n=2, s="1s", status=500, code=1011), answer)
    times = [piece.after for piece in changed.pieces]
    assert times == sorted(times)
    assert changed.ended_after >= changed.head_after
    assert all(piece.data for piece in changed.pieces) or websocket


PLACED = [
    *("cut after {}", "reset after {}", "end after {}", "duplicate event {}", "malformed json {}", "stall 2s after {}"),
    *("error event after {}", "unknown event after {}", "missing event {}", "close 1011 after {}"),
]
TEXTS = st.binary(min_size=1, max_size=30).map(lambda data: data.replace(b"\n", b"").replace(b"\r", b""))


@given(
    st.sampled_from(PLACED),
    st.integers(1, 40),
    st.lists(TEXTS, min_size=2, max_size=30),
    st.lists(st.integers(0, 999), max_size=9).map(tuple),
)
def test_what_comes_before_a_fault_stays_as_it_was_with_its_borders_and_times(
    form: str, number: int, data: list[bytes], borders: tuple[int, ...]
) -> None:
    answer = answered(b"".join(b"data: " + one + b"\n\n" for one in data), borders=borders)
    spans = event_spans(answer)
    before = spans[min(number, len(spans) - 1) - 1].end if "after" in form else spans[min(number, len(spans)) - 1].start
    changed = with_fault(form.format(number), answer)
    assert body_of(changed)[:before] == body_of(answer)[:before]

    def kept(pieces: tuple[TimedPiece, ...]) -> list[TimedPiece]:
        found, place = [], 0
        for piece in pieces:
            place += len(piece.data)
            if place < before:
                found.append(piece)
        return found

    assert kept(changed.pieces) == kept(answer.pieces)


ENDS: dict[str, tuple[End, int | None]] = {
    "cut after 2": (End.CUT, None),
    "reset after 2": (End.RESET, None),
    "end after 2": (End.WHOLE, 1000),
    "close 1011 after 2": (End.WHOLE, 1011),
    "close 1006": (End.CUT, None),
    "reset before first": (End.RESET, None),
    "empty 200": (End.WHOLE, 1000),
}


@pytest.mark.parametrize(("text", "end"), ENDS.items())
def test_a_conversation_ends_as_the_fault_says(text: str, end: tuple[End, int | None]) -> None:
    answer = with_fault(text, messages())
    assert (answer.end, answer.close_code) == end


TIMES: dict[str, tuple[list[float], float]] = {
    "stall 30s after 1": ([2.0, 33.0, 34.0], 35.0),
    "slow first byte 30s": ([32.0, 33.0, 34.0], 35.0),
    "buffered": ([5.0], 5.0),
    "hang after 2": ([2.0, 3.0, 86404.0], 86405.0),
}


@pytest.mark.parametrize(("text", "times"), TIMES.items())
def test_pieces_come_when_the_fault_says(text: str, times: tuple[list[float], float]) -> None:
    borders = (len(EVENTS[0]), len(EVENTS[0] + EVENTS[1]))
    answer = with_fault(text, answered(borders=borders))
    assert ([piece.after for piece in answer.pieces], answer.ended_after) == times


def test_a_trickle_takes_as_long_as_its_rate_says() -> None:
    answer = with_fault("trickle 50 bytes a second", answered())
    assert answer.ended_after == pytest.approx(1.0 + len(STREAM) / 50)
    assert {len(piece.data) for piece in answer.pieces} == {1}


LENGTHS = {
    "empty 200": "0",
    "bom": str(len(STREAM) + 3),
    "missing event 2": str(len(STREAM) - len(EVENTS[1])),
    "cut after 1": str(len(STREAM)),
    "wrong content-length": str(len(STREAM) + 100),
    "short content-length": str(len(STREAM) // 2),
    "401": "154",
}


@pytest.mark.parametrize(("text", "length"), LENGTHS.items())
def test_the_content_length_is_right_unless_it_is_the_fault(text: str, length: str) -> None:
    answer = with_fault(text, answered())
    given = {name.lower(): value for name, value in answer.headers}["content-length"]
    assert given == (str(len(body_of(answer))) if text == "401" else length)


def test_a_character_is_cut_where_there_is_one_and_begun_where_there_is_none() -> None:
    text = 'data: {"a": "né"}\n\n'.encode()
    assert body_of(with_fault("cut inside utf-8", answered(text))) == text[: text.index(b"\xc3") + 1]
    cut = body_of(with_fault("cut inside utf-8", answered()))
    assert cut.endswith(b"\xe2\x82")
    assert STREAM.startswith(cut[:-2])


CHAT, GEMINI = openai_chat_completions.API, gemini_generate_content.API
APIS: dict[str, tuple[Api, str, Callable[[Any], bool]]] = {
    "openai_responses": (API, "429", lambda error: error["error"]["code"] == "rate_limit_exceeded"),
    "openai quota": (CHAT, "429 quota", lambda error: error["error"]["type"] == "insufficient_quota"),
    "openai context": (CHAT, "400 context length", lambda error: error["error"]["code"] == "context_length_exceeded"),
    "anthropic": (anthropic_messages.API, "529", lambda error: error["error"]["type"] == "overloaded_error"),
    "gemini": (GEMINI, "429", lambda error: error["error"]["status"] == "RESOURCE_EXHAUSTED"),
    "gemini context": (GEMINI, "400 context length", lambda error: error["error"]["status"] == "INVALID_ARGUMENT"),
    "ollama": (ollama.API, "500", lambda error: isinstance(error["error"], str)),
    "bedrock": (bedrock_converse.API, "503", lambda error: list(error) == ["message"]),
}


@pytest.mark.parametrize(("api", "text", "is_right"), APIS.values(), ids=APIS.keys())
def test_an_error_has_the_form_of_its_api(api: Api, text: str, is_right: Callable[[Any], bool]) -> None:
    answer = with_fault(text, answered(), api)
    headers = dict(answer.headers)
    assert (answer.status, headers["content-type"]) == (int(text[:3]), "application/json")
    assert headers.get("retry-after") == ("1" if text == "429" else None)
    assert is_right(json.loads(body_of(answer)))


def test_an_error_over_a_websocket_is_a_message_and_leaves_it_open() -> None:
    answer = with_fault("429", messages())
    (piece,) = answer.pieces
    message = json.loads(piece.data)
    assert (message["type"], message["status"], message["error"]["code"]) == ("error", 429, "rate_limit_exceeded")
    assert (answer.end, answer.close_code) == (End.WHOLE, None)


LINES = b'{"a": 1}\n{"done": true}\n'
STREAMS: dict[str, tuple[Api, TimedAnswer, bytes]] = {
    "responses": (API, answered(), b'event: error\ndata: {"type": "error", "code": "server_error"'),
    "messages": (
        anthropic_messages.API,
        answered(),
        b'event: error\ndata: {"type": "error", "error": {"type": "api_error"',
    ),
    "chat": (CHAT, answered(), b'data: {"error": {"message"'),
    "gemini": (GEMINI, answered(), b'data: {"error": {"code": 500'),
    "ollama": (ollama.API, answered(LINES, "application/x-ndjson"), b'{"error": "The server'),
    "a websocket": (API, messages(), b'{"type": "error", "status": 500'),
}


@pytest.mark.parametrize(("api", "answer", "event"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_fails_as_its_api_writes_it(api: Api, answer: TimedAnswer, event: bytes) -> None:
    changed = with_fault("error event after 1", answer, api)
    start = event_spans(answer)[0].end
    assert body_of(changed)[:start] == body_of(answer)[:start]
    assert body_of(changed)[start:].startswith(event)
    assert (changed.end, changed.status) == (End.WHOLE, answer.status)


def test_a_binary_stream_fails_with_an_exception_frame() -> None:
    answer = answered(b"?" * 20, "application/vnd.amazon.eventstream")
    changed = with_fault("error event after 1", answer, bedrock_converse.API)
    (frame,) = read_frames(body_of(changed)[10:])
    assert (frame.kind, frame.name, json.loads(frame.payload)["message"][:10]) == (
        "exception", "internalServerException", "The server",
    )  # fmt: skip


def test_an_answer_that_is_no_stream_fails_as_a_whole() -> None:
    changed = with_fault("error event after 1", answered(b'{"output": []}', "application/json"))
    assert changed.status == 500
    assert body_of(with_fault("cut after 3", answered(b'{"output": []}', "application/json"))) == b'{"outpu'


END_EVENTS: dict[str, tuple[Api, list[bytes], int]] = {
    "anthropic": (
        anthropic_messages.API,
        [
            b'data: {"type": "message_start", "message": {"role": "assistant", "content": []}}\n\n',
            b'data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}\n\n',
            b'data: {"type": "message_stop"}\n\n',
        ],
        2,
    ),
    "chat": (
        CHAT,
        [
            b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n',
            b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n',
            b"data: [DONE]\n\n",
        ],
        1,
    ),
}


@pytest.mark.parametrize(("api", "parts", "left"), END_EVENTS.values(), ids=END_EVENTS.keys())
def test_the_end_event_is_the_one_with_which_the_api_ends_an_answer(api: Api, parts: list[bytes], left: int) -> None:
    assert body_of(with_fault("no end event", answered(b"".join(parts)), api)) == b"".join(parts[:left])
