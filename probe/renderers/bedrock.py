"""Render what AWS Bedrock carries: Anthropic messages, whole or in binary frames; other models' bodies as they are."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from probe.record.exchange import Exchange, Response
from probe.renderers import bedrock_converse as converse
from probe.renderers import generic
from probe.renderers.anthropic_messages import request as messages_request
from probe.renderers.anthropic_messages import response as messages_response
from probe.renderers.anthropic_messages.answer import failure_blocks
from probe.renderers.anthropic_messages.stream import Answer
from probe.renderers.anthropic_messages.turns import EVENT_STREAM, message_turn, stream_complete
from probe.renderers.blocks import Block, Body, EventCounts, Failure, Note, Raw
from probe.renderers.bodies import bytes_of, parsed, parsed_event
from probe.renderers.eventstream import MISSING, Frame, is_eventstream, read_frames
from probe.renderers.markdown import markdown
from probe.renderers.parts import rest
from probe.renderers.turn import Turn, path_of

READS_BYTES = True
"""A body that is neither text nor JSON is handed over as bytes."""

_CALLS = ("/invoke", "/invoke-with-response-stream", "/converse", "/converse-stream")
_LINE_END = re.compile("\r\n|\n|\r")
_ERROR = "error"
_PADDING = "p"
"""Field of a chunk that only makes its length tell nothing."""


# -- what is told -------------------------------------------------------------------------------------------------


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request; one for another maker's model is told as it is."""
    body = parsed(body)
    # Bedrock asks for this field in every request for a model of Anthropic's.
    if isinstance(body, dict) and "anthropic_version" in body:
        return messages_request.request_blocks(body)
    return converse.request_blocks(body) if converse.is_request(body) else generic.request_blocks(body)


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response; bytes are frames, or something else that is shown as base64."""
    data = _frame_bytes(body)
    if data is not None:
        yield from _stream(data)
        return
    if isinstance(body, bytes):
        yield Note(text="Binary, as base64:")
        yield Body(value=base64.b64encode(body).decode())
        return
    body = parsed(body)
    # What stands before the models (the check of the key) spells the field otherwise than the service does.
    for name in ("message", "Message"):
        if isinstance(body, dict) and isinstance(body.get(name), str):
            yield Failure(message=body[name])
            yield from rest(body, name)
            return
    if converse.is_answer(body):
        yield from converse.answer_blocks(body)
    else:
        yield from messages_response.response_blocks(body, status_code)


def _frame_bytes(body: Any) -> bytes | None:
    """Give the bytes of a stream of frames; None when a body is none. A short one may by chance be text."""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return data if isinstance(data, bytes) and is_eventstream(data) else None


def _stream(data: bytes) -> Iterator[Block]:
    read = read_frames(data)
    if read is None:
        yield Note(text=MISSING)
        yield Body(value=base64.b64encode(data).decode())
        return
    events = list(_events(read.frames))
    answer = Answer()
    for name, event in events:
        answer.add(name, event)
    yield EventCounts(size=len(data), counts=tuple(Counter(name for name, _ in events).items()))
    if answer.message or answer.parts:
        yield from messages_response.answer_blocks(answer)
    else:
        others = [(name, event) for name, event in events if name != _ERROR]
        yield from _others(others, ended=bool(answer.errors))
        for error in answer.errors:
            yield from failure_blocks(error.get("error") or error)
    for problem in read.problems:
        yield Note(text=problem)


def _others(events: list[tuple[str, Any]], *, ended: bool) -> Iterator[Block]:
    """Tell events that are none of a message of Anthropic's; `ended`: an error ended them."""
    if any(name in converse.EVENTS for name, _ in events):
        body, left = converse.put_together(events)
        yield from converse.answer_blocks(body)
        for name, event in left:
            yield Raw(reason=f"event {name!r}", value=event)
        if "stopReason" not in body and not ended:
            yield Note(text="The stream was cut short: no event told the end of the answer.")
    elif events:
        yield Body(value=[{name: event} for name, event in events], folded=False)


def _events(frames: Iterable[Frame]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the data of each event; what went wrong has the form that it has in the API's own stream."""
    for frame in frames:
        told = parsed_event(frame.payload.decode("utf-8", "replace"))
        if frame.kind != "event":
            message = told.get("message") if isinstance(told, dict) else told
            others = {name: value for name, value in told.items() if name != "message"} if message is not told else {}
            yield _ERROR, {"type": _ERROR, "error": {"type": frame.name, "message": message, **others}}
        elif frame.name == "chunk" and isinstance(told, dict) and isinstance(told.get("bytes"), str):
            yield _chunk(told["bytes"])
            if others := {name: value for name, value in told.items() if name not in ("bytes", _PADDING)}:
                yield frame.name, others
        elif isinstance(told, dict):
            yield frame.name, {name: value for name, value in told.items() if name != _PADDING}
        else:
            yield frame.name, told


def _chunk(encoded: str) -> tuple[str, Any]:
    """Give the event that a chunk carries."""
    try:
        event = parsed_event(base64.b64decode(encoded, validate=True).decode())
    except ValueError:
        return "chunk", encoded
    kind = event.get("type") if isinstance(event, dict) else None
    return (kind if isinstance(kind, str) else "chunk"), event


# -- what a replay and the analysis need ----------------------------------------------------------------------------


def turns(exchange: Exchange) -> list[Turn]:
    """Give the call of the model in an exchange; none when it was something else."""
    path = path_of(exchange.request.url).rstrip("/")
    if exchange.request.method != "POST" or exchange.websocket or not path.endswith(_CALLS):
        return []
    response = exchange.response
    body, complete = _answer(response, unbroken=exchange.error is None) if response else (None, False)
    streamed = isinstance(body, str) and response is not None and body is not response.body
    named = ((response.header("content-type") if response else None) or "").partition(";")[0].strip().lower()
    content_type = EVENT_STREAM if streamed else named or None
    return [message_turn(exchange, path, response=body, content_type=content_type, complete=complete)]


def is_complete(exchange: Exchange) -> bool:
    """Tell whether a call was answered to the API's own end, however the connection went after that."""
    calls = turns(exchange)
    if calls:
        return all(turn.complete for turn in calls)
    return exchange.response is not None and exchange.error is None


def error_answer(_status: int, message: str) -> dict[str, Any]:
    """Give an error as Bedrock writes it."""
    return {"message": message}


def side_answer(method: str, path: str) -> Any | None:
    """Give a plausible empty answer to a request that is no model call; None where a model call belongs."""
    return None if method == "POST" and path.rstrip("/").endswith(_CALLS) else {}


def _answer(response: Response, *, unbroken: bool) -> tuple[Any, bool]:
    """Give an answer in the form that it has without frames, and whether it came to its end."""
    if response.decode_error:
        return response.body, False
    stored = bytes_of(response)
    data = _frame_bytes(response.body if stored is None else stored)
    read = read_frames(data) if data is not None else None
    if read is None:
        return response.body, unbroken
    events = list(_events(read.frames))
    text = "".join(_as_sse(name, event) for name, event in events)
    told = converse.is_complete(name for name, _ in events)
    whole = unbroken and not read.problems
    return text, stream_complete(text, unbroken=whole if told is None else told)


def _as_sse(name: str, event: Any) -> str:
    text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
    kind = "message" if _LINE_END.search(name) else name
    return f"event: {kind}\n" + "".join(f"data: {line}\n" for line in _LINE_END.split(text)) + "\n"
