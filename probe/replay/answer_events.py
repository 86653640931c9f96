"""Where the events of an answer begin and end, and how a new event of the same stream is written."""

from __future__ import annotations

import json
import re
import struct
from itertools import pairwise
from typing import Any, NamedTuple
from zlib import crc32

from probe.addon.aws_event_stream import MEDIA_TYPE as AWS_FRAMES
from probe.replay.timed_answer import TimedAnswer

EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)|.+", re.DOTALL)
"""An event of an event stream, or the beginning of one; without that, its end would be searched from each byte on."""
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_LINES = ("ndjson", "jsonl", "json-lines")
"""Endings of media types of streams whose events are lines."""
_DATA = re.compile(rb"(?m)^data: ?([^\r\n]*)")
_TEXT = 7
"""Type of a text among the headers of AWS's frames."""


class Span(NamedTuple):
    """A range of an answer's bytes."""

    start: int
    end: int


def body_of(answer: TimedAnswer) -> bytes:
    """Return all bytes of an answer."""
    return b"".join(piece.data for piece in answer.pieces)


def header_of(answer: TimedAnswer, name: str) -> str | None:
    """Return the first value of a header."""
    return next((value for key, value in answer.headers if key.lower() == name), None)


def media_type_of(answer: TimedAnswer) -> str:
    """Return an answer's media type without its parameters; empty where it has none."""
    return (header_of(answer, "content-type") or "").partition(";")[0].strip().lower()


def is_streamed(answer: TimedAnswer) -> bool:
    """Check whether an answer comes as events."""
    kind = media_type_of(answer)
    return answer.websocket or kind in ("text/event-stream", AWS_FRAMES) or kind.endswith(_LINES)


def event_spans(answer: TimedAnswer) -> list[Span]:
    """Return the place of each event, an unfinished last one included; an answer of another form is one event."""
    body = body_of(answer)
    ends = [0, *_ends(answer, body)]
    if ends[-1] < len(body):
        ends.append(len(body))
    return [Span(start, end) for start, end in pairwise(ends)]


def event_at(answer: TimedAnswer, number: float) -> Span:
    """Return the place of an event, counted from 1; of the last one where there are fewer."""
    spans = event_spans(answer) or [Span(0, 0)]
    return spans[min(max(int(number), 1), len(spans)) - 1]


def place_after(answer: TimedAnswer, count: float) -> int:
    """Return the place after so many events: before the last one at most, and in the middle of a whole answer."""
    spans = event_spans(answer)
    if len(spans) > 1:
        return spans[min(max(int(count), 1), len(spans) - 1) - 1].end
    return 0 if answer.websocket or not spans else middle_of(spans[0])


def middle_of(span: Span) -> int:
    """Return the byte in the middle of a range."""
    return (span.start + span.end) // 2


def bytes_of(answer: TimedAnswer, span: Span) -> bytes:
    """Return the bytes of a range."""
    return body_of(answer)[span.start : span.end]


def data_span(answer: TimedAnswer, event: Span) -> Span:
    """Return the place of an event's data: the longest of its data lines, or all of it in other forms."""
    if answer.websocket or media_type_of(answer) != "text/event-stream":
        return Span(event.start, event.end)
    text = body_of(answer)[event.start : event.end]
    lines = [Span(*found.span(1)) for found in _DATA.finditer(text)]
    longest = max(lines, key=lambda span: span.end - span.start, default=Span(0, len(text)))
    return Span(event.start + longest.start, event.start + longest.end)


def written(answer: TimedAnswer, name: str, value: Any, *, error: bool = False) -> bytes:
    """Return an event in the form of an answer's stream; an empty name is none."""
    data = b"" if value is None else json.dumps(value).encode()
    kind = media_type_of(answer)
    if answer.websocket:
        return data
    if kind == AWS_FRAMES:
        return _frame(name, data, "exception" if error else "event")
    if kind.endswith(_LINES):
        return data + b"\n"
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + data + b"\n\n"


def _ends(answer: TimedAnswer, body: bytes) -> list[int]:
    if answer.websocket:
        ends, place = [], 0
        for piece in answer.pieces:
            place += len(piece.data)
            ends.append(place)
        return ends
    kind = media_type_of(answer)
    if kind == AWS_FRAMES:
        return list(_frame_ends(body))
    if kind != "text/event-stream" and not kind.endswith(_LINES):
        return []
    return [found.end() for found in (_LINE if kind.endswith(_LINES) else EVENT).finditer(body)]


def _frame_ends(body: bytes) -> list[int]:
    ends: list[int] = []
    place = 0
    while len(body) - place >= 16:
        size = int.from_bytes(body[place : place + 4], "big")
        if size < 16 or place + size > len(body):
            break
        place += size
        ends.append(place)
    return ends


def _frame(name: str, payload: bytes, kind: str) -> bytes:
    """Return a frame of AWS's event stream: https://smithy.io/2.0/aws/amazon-eventstream.html"""
    texts = {f":{kind}-type": name or "error", ":content-type": "application/json", ":message-type": kind}
    headers = b"".join(
        struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", _TEXT, len(text.encode())) + text.encode()
        for key, text in texts.items()
    )
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    frame = lengths + struct.pack(">I", crc32(lengths)) + headers + payload
    return frame + struct.pack(">I", crc32(frame))
