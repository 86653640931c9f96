"""A turn that is one HTTP request with its answer, as nearly every API has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from probe.record.exchange import Exchange, Response
from probe.renderers.sse import Event, SseParser
from probe.renderers.turn import Input, Turn, path_of

EVENT_STREAM = "text/event-stream"


def http_turn(
    exchange: Exchange,
    *,
    full_input: Input | None,
    ends: Callable[[Iterable[Event]], bool],
    whole: Callable[[Any], bool] = lambda _body: False,
    warm_up: bool = False,
) -> Turn:
    """Make a turn of an exchange.

    `ends` tells whether the events of a stream came to the API's own end; `whole` whether a body is an answer to its
    end, however the connection ended after it.
    """
    response = exchange.response
    return Turn(
        path=path_of(exchange.request.url).rstrip("/"),
        request=exchange.request.body,
        full_input=full_input,
        warm_up=warm_up,
        websocket=False,
        status_code=response.status_code if response else None,
        content_type=media_type(response) if response else None,
        response=response.body if response else None,
        messages=(),
        complete=_complete(exchange, ends, whole),
        started=exchange.timestamp,
        ended=exchange.ended if response else None,
    )


def media_type(response: Response) -> str | None:
    """Give an answer's media type without its parameters; a stream may come without one."""
    named = (response.header("content-type") or "").partition(";")[0].strip().lower()
    return named or (EVENT_STREAM if response.body_kind == "sse" else None)


def whole_events(text: str) -> Iterator[Event]:
    """Yield the events of a stream's text that arrived whole and have data."""
    return (event for event in SseParser().read(text) if event.complete and event.data is not None)


def _complete(exchange: Exchange, ends: Callable[[Iterable[Event]], bool], whole: Callable[[Any], bool]) -> bool:
    response = exchange.response
    if response is None or response.decode_error:
        return False
    if whole(response.body):
        return True
    if media_type(response) == EVENT_STREAM and isinstance(response.body, str):
        return ends(whole_events(response.body))
    return exchange.error is None
