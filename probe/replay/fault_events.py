"""Faults in the events of a stream: damaged, repeated, missing, unknown ones."""

from __future__ import annotations

from msgspec.structs import replace

from probe.renderers.api import Api
from probe.replay.answer_edits import inserted, replaced
from probe.replay.answer_events import (
    body_of,
    bytes_of,
    data_span,
    event_at,
    event_spans,
    is_streamed,
    media_type_of,
    middle_of,
    place_after,
    written,
)
from probe.replay.fault_effect import Values
from probe.replay.timed_answer import TimedAnswer


def cut_data_line(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Replace the second half of an event's data by spaces."""
    data = data_span(answer, event_at(answer, values["n"] + 1))
    middle = middle_of(data)
    return replaced(answer, middle, data.end, b" " * (data.end - middle))


def line_break(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Break an event's data line in its middle."""
    return inserted(answer, b"\n", middle_of(data_span(answer, event_at(answer, values["n"]))))


def malformed(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Drop the last byte of an event's data."""
    data = data_span(answer, event_at(answer, values["n"]))
    return replaced(answer, max(data.end - 1, data.start), data.end, b"")


def invalid_utf8(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Replace a byte in the middle of an event's data by one that UTF-8 never has."""
    middle = middle_of(data_span(answer, event_at(answer, values["n"])))
    return replaced(answer, middle, middle + 1, b"\xff")


def duplicated(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send an event twice."""
    event = event_at(answer, values["n"])
    return inserted(answer, bytes_of(answer, event), event.end) if is_streamed(answer) else answer


def missing(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Leave an event out."""
    return replaced(answer, *event_at(answer, values["n"]), b"") if is_streamed(answer) else answer


def swapped(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Send an event after the one that follows it."""
    first, second = event_at(answer, values["n"]), event_at(answer, values["n"] + 1)
    if first == second or not is_streamed(answer):
        return answer
    return replaced(replaced(answer, *second, bytes_of(answer, first)), *first, bytes_of(answer, second))


def unknown_event(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Add an event of a type that no API has."""
    kind = "probe.unknown"
    return _added(answer, values, written(answer, kind, {"type": kind, "detail": {"added_by": "probe replay"}}))


def empty_event(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Add an event without data, or an empty message."""
    return _added(answer, values, written(answer, "", None))


def comments(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Write a comment before every event of an event stream."""
    if answer.websocket or media_type_of(answer) != "text/event-stream":
        return answer
    return inserted(answer, b": keep-alive\n\n", *(event.start for event in event_spans(answer)))


def crlf(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """End the lines of an event stream with CRLF."""
    if answer.websocket or media_type_of(answer) != "text/event-stream" or b"\r" in body_of(answer):
        return answer
    pieces = (piece._replace(data=piece.data.replace(b"\n", b"\r\n")) for piece in answer.pieces)
    return replace(answer, pieces=tuple(pieces))


def bom(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Begin the body with a byte order mark."""
    return answer if answer.websocket or not answer.pieces else inserted(answer, b"\xef\xbb\xbf", 0)


def _added(answer: TimedAnswer, values: Values, event: bytes) -> TimedAnswer:
    return inserted(answer, event, place_after(answer, values["n"])) if is_streamed(answer) else answer
