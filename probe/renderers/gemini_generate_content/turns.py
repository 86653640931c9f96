"""What a replay needs to know of the Gemini API: its turns, its errors, and its empty answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.record.exchange import Exchange
from probe.renderers.gemini_generate_content.names import unwrapped_request
from probe.renderers.gemini_generate_content.pieces import pieces_of
from probe.renderers.gemini_generate_content.response import answer_of
from probe.renderers.http_turn import http_turn
from probe.renderers.turn import Input, Turn, path_of

_CALLS = (":generateContent", ":streamGenerateContent")
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""https://cloud.google.com/apis/design/errors#handling_errors"""


def turns(exchange: Exchange) -> list[Turn]:
    """Give the call of the model in one exchange; none when it was something else."""
    path = path_of(exchange.request.url).rstrip("/")
    if exchange.request.method != "POST" or not path.endswith(_CALLS):
        return []
    contents = unwrapped_request(exchange.request.body)[0].get("contents")
    full_input = Input(contents) if isinstance(contents, list) else None
    turn = http_turn(exchange, full_input=full_input, ends=lambda _data: False)
    return [replace(turn, complete=_is_whole(exchange))]


def is_complete(exchange: Exchange) -> bool:
    """Tell whether the call was answered to the API's own end, however the connection went after that."""
    calls = turns(exchange)
    if calls:
        return calls[0].complete
    return exchange.response is not None and exchange.error is None


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Give an error as the API writes it."""
    told = _STATUS.get(status) or ("INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
    return {"error": {"code": status, "message": message, "status": told}}


def side_answer(method: str, path: str) -> Any | None:
    """Give a plausible empty answer to a request that is no model call; None where a model call belongs."""
    path = path.rstrip("/")
    if method == "POST" and path.endswith(_CALLS):
        return None
    if path.endswith(":countTokens"):
        return {"totalTokens": 0}
    return {"models": []} if path.endswith("/models") else {}


def _is_whole(exchange: Exchange) -> bool:
    """Tell whether the API's own end arrived: in an event stream it has to say so, all other has an end of its own."""
    response = exchange.response
    if response is None or response.decode_error:
        return False
    pieces = pieces_of(response.body)
    if pieces.kind != "stream" and exchange.error is None:
        return pieces.closed
    return answer_of(pieces).ended
