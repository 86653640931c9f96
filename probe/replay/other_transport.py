"""Answers that were recorded over HTTP as WebSocket messages, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from probe.addon.json_text import dumps
from probe.renderers.api import Api
from probe.renderers.events import split_stream
from probe.renderers.json_reader import as_text, parsed
from probe.replay.answer_events import EVENT, body_of
from probe.replay.recorded_turn import EVENT_STREAM
from probe.replay.timed_answer import End, TimedAnswer, TimedPiece


def posted(answer: TimedAnswer, *, complete: bool) -> TimedAnswer:
    """Return the messages of a conversation as the HTTP API would have streamed them."""
    if not answer.websocket:
        return answer
    pieces = tuple(TimedPiece(one.after, _as_event(one.data)) for one in answer.pieces if not one.binary)
    return replace(
        answer,
        headers=(("Content-Type", EVENT_STREAM),),
        pieces=pieces,
        ended_after=pieces[-1].after if pieces else 0.0,
        end=End.WHOLE if complete else End.CUT,
        websocket=False,
        close_code=None,
    )


def messages(answer: TimedAnswer, api: Api, content_type: str | None) -> TimedAnswer:
    """Return an HTTP answer as the messages of a conversation; `content_type` is its media type."""
    if answer.websocket:
        return answer
    if content_type == EVENT_STREAM or answer.status is None:
        pieces = tuple(_texts(answer))
    else:
        text = body_of(answer).decode("utf-8", "replace")
        error = dumps(api.error_message(max(answer.status, 400), text)).encode()
        pieces = (TimedPiece(answer.ended_after, error),)
    return TimedAnswer(
        status=answer.status, pieces=pieces, ended_after=answer.ended_after, end=answer.end, websocket=True
    )


def _texts(answer: TimedAnswer) -> Iterator[TimedPiece]:
    """Yield the data of each event when its last byte came."""
    body, arrived, ends = body_of(answer), 0, []
    for piece in answer.pieces:
        arrived += len(piece.data)
        ends.append((arrived, piece.after))
    times = iter(ends)
    end, after = next(times, (0, 0.0))
    for event in EVENT.finditer(body):
        while event.end() > end:
            end, after = next(times)
        for text in split_stream(event.group().decode("utf-8", "replace")).texts:
            yield TimedPiece(after, as_text(text).encode("utf-8", "surrogatepass"))


def _as_event(data: bytes) -> bytes:
    text = data.decode("utf-8", "surrogatepass")
    event = parsed(text)
    kind = event.get("type") if isinstance(event, dict) else None
    name = kind if isinstance(kind, str) and kind.isprintable() else "message"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return (f"event: {name}\ndata: " + "\ndata: ".join(lines) + "\n\n").encode("utf-8", "surrogatepass")
