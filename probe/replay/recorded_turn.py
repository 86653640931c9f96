"""The recorded calls of the model, each with its answer."""

from __future__ import annotations

from dataclasses import dataclass

from probe.record.exchange import Response, UnreadExchange
from probe.renderers.json_reader import Json, parsed
from probe.trace.turns import Traced, Turn

EVENT_STREAM = "text/event-stream"


@dataclass(slots=True, kw_only=True)
class RecordedTurn:
    """One recorded call of the model with its answer, which is given once."""

    exchange: UnreadExchange
    request: Json
    """The call as it was sent."""
    path: str
    """URL path of the endpoint, without the query."""
    websocket: bool
    warm_up: bool
    status_code: int | None
    """None when no answer came."""
    content_type: str | None
    """Media type of the answer in its HTTP form."""
    messages: tuple[str, ...] = ()
    """The answer as WebSocket messages; empty for one over HTTP."""
    complete: bool
    started: float
    """Epoch seconds."""
    given: bool = False


def recorded_turns(traced: Traced, path: str, *, posts: bool) -> list[RecordedTurn]:
    """Return the calls of the model in an exchange; with `posts`, any POST counts as one."""
    exchange = traced.exchange
    if traced.turns:
        return [_recorded(traced, turn) for turn in traced.turns]
    if not posts or exchange.request.method != "POST" or exchange.websocket:
        return []
    response = exchange.response
    return [
        RecordedTurn(
            exchange=exchange,
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


def _recorded(traced: Traced, turn: Turn) -> RecordedTurn:
    response = traced.exchange.response
    websocket = turn.part is not None
    over_http = media_type(response) if response and not websocket else None
    return RecordedTurn(
        exchange=traced.exchange,
        request=turn.request,
        path=turn.path,
        websocket=websocket,
        # Over HTTP a warm-up is answered in its turn.
        warm_up=websocket and turn.asked.no_answer,
        status_code=turn.status,
        content_type=EVENT_STREAM if turn.messages else over_http,
        messages=turn.messages,
        complete=turn.complete,
        started=turn.started,
    )


def media_type(response: Response) -> str | None:
    """Return an answer's media type without its parameters; a stream may come without one."""
    named = (response.header("content-type") or "").partition(";")[0].strip().lower()
    return named or (EVENT_STREAM if response.body_kind == "sse" else None)


def as_stream(messages: tuple[str, ...]) -> bytes:
    """Return WebSocket messages as the HTTP API would have streamed them."""
    return "".join(map(_as_event, messages)).encode("utf-8", "surrogatepass")


def _as_event(text: str) -> str:
    event = parsed(text)
    kind = event.get("type") if isinstance(event, dict) else None
    name = kind if isinstance(kind, str) and kind.isprintable() else "message"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return f"event: {name}\ndata: " + "\ndata: ".join(lines) + "\n\n"
