"""What a replay needs to know of the Responses API: its turns, its errors, and its empty answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from probe.record.exchange import Exchange
from probe.renderers.http_turn import http_turn
from probe.renderers.openai_responses.calls import ends, full_input, is_warm_up
from probe.renderers.openai_responses.conversation import websocket_turns
from probe.renderers.sse import Event
from probe.renderers.turn import Turn, path_of


def turns(exchange: Exchange) -> list[Turn]:
    """Give the calls of the model in one exchange; none when it was something else."""
    path = path_of(exchange.request.url).rstrip("/")
    if not path.endswith("/responses"):
        return []
    if exchange.websocket:
        return list(websocket_turns(path, exchange.websocket.messages))
    return [_http_turn(exchange)] if exchange.request.method == "POST" else []


def is_complete(exchange: Exchange) -> bool:
    """Tell whether every call was answered to the API's own end, however the connection went after that."""
    calls = turns(exchange)
    if calls:
        return all(turn.complete for turn in calls)
    if exchange.response is None:
        return False
    # A client whose upgrade is refused needs no more than the status, and codex leaves at once.
    refused = exchange.request.header("upgrade") is not None and exchange.response.status_code != 101
    return exchange.error is None or refused


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Give an error as the API writes it in an HTTP answer."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def error_message(status: int, message: str) -> dict[str, Any]:
    """Give an error as the API writes it in a WebSocket message."""
    return {"type": "error", "status": status, **error_answer(status, message)}


def side_answer(method: str, path: str) -> Any | None:
    """Give a plausible empty answer to a request that is no model call; None where a model call belongs."""
    name = path.rstrip("/").rpartition("/")[2]
    if method == "POST" and name == "responses":
        return None
    if name == "models":
        # `data` is the public API's key; codex asks the same path and reads `models`.
        return {"object": "list", "data": [], "models": []}
    return {}


def warm_up_messages() -> tuple[str, ...]:
    """Give the shortest answer to a warm-up: an empty response that has an id to go on from."""
    answer = {"id": f"resp_{uuid.uuid4().hex}", "object": "response", "output": []}
    created = {"type": "response.created", "response": {**answer, "status": "in_progress"}}
    completed = {"type": "response.completed", "response": {**answer, "status": "completed", "usage": None}}
    return json.dumps(created), json.dumps(completed)


def _http_turn(exchange: Exchange) -> Turn:
    request = exchange.request.body
    return http_turn(exchange, full_input=full_input(request, {}), warm_up=is_warm_up(request), ends=_ends)


def _ends(events: Iterable[Event]) -> bool:
    return any(ends(event.data or "") for event in events)
