"""The recorded calls of the model, each with its answer."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field

from probe.record.exchange import Message, Response, UnreadExchange
from probe.renderers.api import Answer, Api, Asked
from probe.renderers.json_reader import Json
from probe.trace.turns import SentItems, Traced, Turn

EVENT_STREAM = "text/event-stream"


@dataclass(slots=True, kw_only=True)
class RecordedTurn:
    """One recorded call of the model with its answer, which is given once."""

    exchange: UnreadExchange
    api: Api
    request: Json
    """The call as it was sent."""
    items: SentItems | None = None
    """The items of the call; None where its API does not know any."""
    asked: Asked = field(default_factory=Asked)
    answer: Answer | None = None
    path: str
    """URL path of the endpoint, without the query."""
    websocket: bool
    warm_up: bool
    status_code: int | None
    """None when no answer came."""
    content_type: str | None
    """Media type of the answer in its HTTP form."""
    messages: tuple[Message, ...] = ()
    """The answer's WebSocket messages, binary ones too; empty over HTTP."""
    last: bool = False
    """True for the last call of a WebSocket conversation."""
    complete: bool
    started: float
    """Epoch seconds."""


def recorded_turns(traced: Traced, path: str, *, posts: bool) -> list[RecordedTurn]:
    """Return the calls of the model in an exchange; with `posts`, any POST counts as one."""
    exchange = traced.exchange
    if traced.turns:
        messages = _messages(traced)
        return [_recorded(traced, turn, tuple(messages[number])) for number, turn in enumerate(traced.turns)]
    if not posts or exchange.request.method != "POST" or exchange.websocket:
        return []
    response = exchange.response
    return [
        RecordedTurn(
            exchange=exchange,
            api=traced.api,
            request=Json(bytes(exchange.request.body)),
            path=path,
            websocket=False,
            warm_up=False,
            status_code=response.status_code if response else None,
            content_type=media_type(response) if response else None,
            complete=response is not None and exchange.error is None,
            started=exchange.timestamp,
        )
    ]


def _recorded(traced: Traced, turn: Turn, messages: tuple[Message, ...]) -> RecordedTurn:
    response = traced.exchange.response
    websocket = turn.part is not None
    over_http = media_type(response) if response and not websocket else None
    return RecordedTurn(
        exchange=traced.exchange,
        api=turn.api,
        request=turn.request,
        items=turn.items,
        asked=turn.asked,
        answer=turn.answer,
        path=turn.path,
        websocket=websocket,
        # Over HTTP a warm-up is answered in its turn.
        warm_up=websocket and turn.asked.no_answer,
        status_code=turn.status,
        content_type=EVENT_STREAM if turn.messages else over_http,
        messages=messages,
        last=turn is traced.turns[-1],
        complete=turn.complete,
        started=turn.started,
    )


def _messages(traced: Traced) -> list[list[Message]]:
    """Return the messages of each answer of a conversation: a binary one belongs to the call before it."""
    socket, turns = traced.exchange.websocket, traced.turns
    of_turn: list[list[Message]] = [[] for _ in turns]
    texts = {
        one: number for number, turn in enumerate(turns) for one in zip(turn.event_times, turn.messages, strict=True)
    }
    began = [turn.started for turn in turns]
    for one in socket.messages if socket else ():
        if one.direction != "server":
            continue
        number = texts.get((one.timestamp, one.content)) if one.type == "text" else bisect(began, one.timestamp) - 1
        if number is not None and number >= 0:
            of_turn[number].append(one)
    return of_turn


def media_type(response: Response) -> str | None:
    """Return an answer's media type without its parameters; a stream may come without one."""
    named = (response.header("content-type") or "").partition(";")[0].strip().lower()
    return named or (EVENT_STREAM if response.body_kind == "sse" else None)
