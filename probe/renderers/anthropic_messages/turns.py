"""What a replay needs to know of the Messages API: its turns, its errors, and its empty answers."""

from __future__ import annotations

from typing import Any

from probe.record.exchange import Exchange, Response
from probe.renderers.anthropic_messages.request import continues_thread
from probe.renderers.anthropic_messages.stream import ENDS, EVENTS
from probe.renderers.bodies import parsed_event
from probe.renderers.sse import SseParser
from probe.renderers.turn import Input, Turn, path_of

EVENT_STREAM = "text/event-stream"

_CALLS = ("/messages", ":rawPredict", ":streamRawPredict")
# Vertex counts tokens at the address of a model that has this name.
_COUNTING = "/count-tokens:rawPredict"
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""https://docs.anthropic.com/en/api/errors"""


def turns(exchange: Exchange) -> list[Turn]:
    """Give the call of the model in an exchange; none when it was something else."""
    path = path_of(exchange.request.url).rstrip("/")
    if exchange.request.method != "POST" or exchange.websocket or not _is_call(path):
        return []
    body = exchange.request.body
    # Other APIs post single messages to paths that end alike.
    if isinstance(body, dict) and "messages" not in body:
        return []
    response = exchange.response
    return [
        message_turn(
            exchange,
            path,
            response=response.body if response else None,
            content_type=_media_type(response) if response else None,
            complete=_http_complete(exchange),
        )
    ]


def message_turn(exchange: Exchange, path: str, *, response: Any, content_type: str | None, complete: bool) -> Turn:
    """Give a turn, whatever carried its answer."""
    request = exchange.request.body
    return Turn(
        path=path,
        request=request,
        full_input=_full_input(request),
        warm_up=False,
        websocket=False,
        status_code=exchange.response.status_code if exchange.response else None,
        content_type=content_type,
        response=response,
        messages=(),
        complete=complete,
        started=exchange.timestamp,
        ended=exchange.ended if exchange.response else None,
    )


def is_complete(exchange: Exchange) -> bool:
    """Tell whether a call was answered to the API's own end, however the connection went after that."""
    calls = turns(exchange)
    if calls:
        return all(turn.complete for turn in calls)
    return exchange.response is not None and exchange.error is None


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Give an error as the API writes it."""
    return {"type": "error", "error": {"type": _ERROR_TYPES.get(status, "api_error"), "message": message}}


def side_answer(method: str, path: str) -> Any | None:
    """Give a plausible empty answer to a request that is no model call; None where a model call belongs."""
    path = path.rstrip("/")
    if path.endswith(("/count_tokens", _COUNTING)):
        return {"input_tokens": 1}
    if method == "POST" and _is_call(path):
        return None
    if method == "GET" and path.endswith(("/models", "/batches")):
        return {"data": [], "has_more": False, "first_id": None, "last_id": None}
    return {}


def stream_complete(text: str, *, unbroken: bool) -> bool:
    """Tell whether a stream came to the API's own end; `unbroken` counts for a stream of another API."""
    ours = False
    for event in SseParser().read(text):
        if event.complete:
            data = parsed_event(event.data or "")
            kind = data.get("type") if isinstance(data, dict) else None
            kind = kind if isinstance(kind, str) else event.type
            if kind in ENDS:
                return True
            ours = ours or kind in EVENTS
    return unbroken and not ours


def _is_call(path: str) -> bool:
    return path.endswith(_CALLS) and not path.endswith(_COUNTING)


def _full_input(request: Any) -> Input | None:
    """Give the messages as the model sees them; None where some of them lie with the API."""
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list) or continues_thread(request):
        return None
    return Input(messages)


def _media_type(response: Response) -> str | None:
    named = (response.header("content-type") or "").partition(";")[0].strip().lower()
    return named or (EVENT_STREAM if response.body_kind == "sse" else None)


def _http_complete(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None or response.decode_error:
        return False
    if _media_type(response) == EVENT_STREAM and isinstance(response.body, str):
        return stream_complete(response.body, unbroken=exchange.error is None)
    return exchange.error is None
