"""Faults at the end of an answer: cuts, resets, clean ends that come too early, errors in the stream."""

from __future__ import annotations

import re

from msgspec.structs import replace

from probe.renderers.api import Answer, Api
from probe.renderers.blocks import Failure
from probe.renderers.events import Stream
from probe.renderers.joined_events import read_events
from probe.renderers.json_reader import as_text, parsed
from probe.replay.answer_edits import cut, inserted
from probe.replay.answer_events import (
    body_of,
    data_span,
    event_at,
    event_spans,
    is_streamed,
    middle_of,
    place_after,
    written,
)
from probe.replay.fault_effect import Values
from probe.replay.fault_errors import refused
from probe.replay.timed_answer import End, TimedAnswer

_SEQUENCE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")


def cut_after(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Close the connection after some events."""
    return cut(answer, place_after(answer, values["n"]))


def reset_after(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Reset the connection after some events."""
    return cut(answer, place_after(answer, values["n"]), End.RESET)


def end_after(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """End the answer cleanly after some events."""
    return replace(
        cut(answer, place_after(answer, values["n"]), End.WHOLE), close_code=1000 if answer.websocket else None
    )


def cut_inside_event(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Close the connection in the middle of an event; a WebSocket's messages cannot be cut, so before one."""
    event = event_at(answer, values["n"])
    return cut(answer, event.start if answer.websocket else middle_of(event))


def cut_inside_utf8(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Close the connection inside a character of several bytes; one is begun where the answer has none."""
    if found := _SEQUENCE.search(body_of(answer)):
        return cut(answer, found.start() + 1)
    short = cut(answer, middle_of(data_span(answer, event_at(answer, 2))))
    if not short.pieces:
        return short
    *others, last = short.pieces
    return replace(short, pieces=(*others, last._replace(data=last.data + b"\xe2\x82")))


def no_end_event(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Leave out the event with which the API ends an answer, and what follows it."""
    spans = event_spans(answer) if is_streamed(answer) else []
    if not spans:
        return answer
    low, high = 0, len(spans) - 1
    while low < high:  # The first event after which the answer is at its end.
        middle = (low + high) // 2
        low, high = (low, middle) if _ended(answer, api, spans[middle].end) else (middle + 1, high)
    short = cut(answer, spans[low].start, End.WHOLE)
    return replace(short, close_code=1000 if answer.websocket else None)


def error_event(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """End the stream after some events with an error of the API; a whole answer becomes an error."""
    status, message = 500, "The server had an error while it processed the request."
    if not is_streamed(answer):
        return refused(status, message)(answer, api, values)
    name, value = ("", api.error_message(status, message)) if answer.websocket else api.error_event(status, message)
    short = cut(answer, place_after(answer, values["n"]), End.WHOLE)
    return inserted(short, written(answer, name, value, error=True), len(body_of(short)))


def websocket_closed(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Close a WebSocket with a code after some messages; 1006 is no close frame, as is a cut over HTTP."""
    code = int(values["code"])
    if code == 1006 or not answer.websocket:
        return cut_after(answer, api, values)
    return replace(
        cut(answer, place_after(answer, values["n"]), End.WHOLE), close_code=code, close_reason="probe replay"
    )


def is_ended(answer: TimedAnswer, api: Api) -> bool:
    """Check whether an answer of the model, and no error, reaches an agent to its end."""
    if answer.end is not End.WHOLE or (answer.status or 0) >= 300 or not answer.pieces:
        return False
    found = _read(answer, api, len(body_of(answer))) if is_streamed(answer) else None
    return found is None or (found.ended and not any(isinstance(block, Failure) for block in found.blocks))


def _ended(answer: TimedAnswer, api: Api, at: int) -> bool:
    """Check whether the API's own end of an answer is among its first bytes."""
    found = _read(answer, api, at)
    return found is not None and found.ended


def _read(answer: TimedAnswer, api: Api, at: int) -> Answer | None:
    """Return what the first bytes of a stream are; None where the API has no streams, or no known end."""
    reader = api.stream()
    if reader is None or not reader.knows_end:
        return None
    last = 0
    for event in read_events(_stream(answer, api, at), api, parsed):
        last = event.number
        reader.add(last, event.name, event.data)
    return reader.answer(last)


def _stream(answer: TimedAnswer, api: Api, at: int) -> Stream:
    if answer.websocket:
        texts = [as_text(piece.data) for piece in cut(answer, at).pieces]
        return Stream(["message"] * len(texts), texts)
    body = body_of(answer)[:at]
    return api.split("", body if api.reads_bytes else as_text(body)) or Stream((), ())
