"""What a replay needs to know of the Chat Completions API: its turns, its errors, and its empty answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.record.exchange import Exchange
from probe.renderers.bodies import parsed, parsed_event
from probe.renderers.http_turn import http_turn
from probe.renderers.openai_chat_completions.stream import Answer
from probe.renderers.sse import Event
from probe.renderers.turn import Input, Turn, path_of

_NAME = "/chat/completions"


def turns(exchange: Exchange) -> list[Turn]:
    """Give the calls of the model in one exchange; none when it was something else."""
    if exchange.request.method != "POST" or not path_of(exchange.request.url).rstrip("/").endswith(_NAME):
        return []
    request = exchange.request.body
    fields = request if isinstance(request, dict) else {}
    messages, wanted = fields.get("messages"), fields.get("n")

    def ends(events: Iterable[Event]) -> bool:
        answer = Answer()
        for event in events:
            answer.add(event.type, parsed_event(event.data or ""))
        return answer.ended(wanted if isinstance(wanted, int) else 1)

    full_input = Input(messages) if isinstance(messages, list) else None
    return [http_turn(exchange, full_input=full_input, ends=ends, whole=_is_whole)]


def is_complete(exchange: Exchange) -> bool:
    """Tell whether every call was answered to the API's own end, however the connection went after that."""
    calls = turns(exchange)
    if calls:
        return all(turn.complete for turn in calls)
    return exchange.error is None and exchange.response is not None


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Give an error as the API writes it in an HTTP answer."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def side_answer(method: str, path: str) -> Any | None:
    """Give a plausible empty answer to a request that is no model call; None where a model call belongs."""
    path = path.rstrip("/")
    if method == "POST" and path.endswith(_NAME):
        return None
    return {"object": "list", "data": []} if path.endswith("/models") else {}


def _is_whole(body: Any) -> bool:
    """Tell whether a body is an answer or an error that came to its end."""
    value = parsed(body)
    return isinstance(value, dict) and ("choices" in value or "error" in value)
