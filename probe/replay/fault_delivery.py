"""Faults in how an answer is delivered: its times, its piece borders, its headers."""

from __future__ import annotations

from msgspec.structs import replace

from probe.renderers.api import Api
from probe.replay.answer_edits import delayed, with_header
from probe.replay.answer_events import (
    body_of,
    place_after,
)
from probe.replay.fault_effect import Values
from probe.replay.timed_answer import End, TimedAnswer, TimedPiece

NEVER = 86_400.0
"""Seconds for which nothing comes: longer than any agent waits."""


def silence(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send no answer at all."""
    return slow_first_byte(answer, api, {"s": NEVER})


def stall(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Pause after some events."""
    return delayed(answer, place_after(answer, values["n"]), values["s"])


def hang(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send nothing more after some events, and leave the connection open."""
    return stall(answer, api, {**values, "s": NEVER})


def slow_first_byte(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer later, the status included."""
    return replace(delayed(answer, 0, values["s"]), head_after=answer.head_after + values["s"])


def trickle(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send so many bytes a second, a few at a time; a WebSocket's messages stay whole."""
    rate = max(values["rate"], 1.0)
    size = len(body_of(answer)) if answer.websocket else max(int(rate / 100), 1)
    pieces: list[TimedPiece] = []
    now = answer.head_after
    for piece in answer.pieces:
        for start in range(0, max(len(piece.data), 1), max(size, 1)):
            data = piece.data[start : start + size]
            now += len(data) / rate
            pieces.append(piece._replace(after=now, data=data))
    return replace(answer, pieces=tuple(pieces), ended_after=max(now, answer.ended_after))


def byte_by_byte(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send each byte as a piece."""
    if answer.websocket:
        return answer
    pieces = (piece._replace(data=bytes([byte])) for piece in answer.pieces for byte in piece.data)
    return replace(answer, pieces=tuple(pieces))


def buffered(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send nothing before the end, then all at once."""
    end = answer.ended_after
    whole = (TimedPiece(end, body_of(answer)),) if answer.pieces else ()
    each = tuple(piece._replace(after=end) for piece in answer.pieces)
    return replace(answer, head_after=end, pieces=each if answer.websocket else whole)


def long_content_length(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Promise 100 bytes more than come, and close the connection."""
    return replace(_with_length(answer, len(body_of(answer)) + 100), end=answer.end if answer.websocket else End.CUT)


def short_content_length(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Promise half of the bytes, so that the rest is not read."""
    return _with_length(answer, len(body_of(answer)) // 2)


def wrong_content_type(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Name the body a web page."""
    return answer if answer.websocket else with_header(answer, "content-type", "text/html")


def wrong_content_encoding(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Name the body compressed, which it is not."""
    return answer if answer.websocket else replace(with_header(answer, "content-encoding", "gzip"), encoded=True)


def _with_length(answer: TimedAnswer, length: int) -> TimedAnswer:
    if answer.websocket:
        return answer
    # Of plain bytes: how long compressed ones get is not known before they are sent.
    return with_header(with_header(answer, "content-encoding", None), "content-length", str(length))
