"""What a replay asks of a renderer, with what to do where a renderer has no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from probe.addon.json_text import dumps
from probe.record.exchange import Exchange, Message, Request, WebSocket
from probe.renderers.turn import Turn, path_of


@dataclass(frozen=True, slots=True)
class Api:
    """One renderer module, as a replay uses it."""

    module: ModuleType

    def turns(self, exchange: Exchange) -> Sequence[Turn]:
        """Give the calls of the model in an exchange; each POST is one, where the renderer does not tell."""
        found: Sequence[Turn] = getattr(self.module, "turns", _posts)(exchange)
        return found

    def call(self, path: str, text: str) -> Turn | None:
        """Give the call of the model that an agent's WebSocket message makes; None when it makes none."""
        message = Message(timestamp=0.0, direction="client", type="text", content=text)
        request = Request(method="GET", url=f"http://127.0.0.1{path}")
        conversation = Exchange(timestamp=0.0, request=request, websocket=WebSocket(messages=[message]))
        return next(iter(self.turns(conversation)), None)

    def empty_answer(self, method: str, path: str) -> Any:
        """Give a plausible empty answer; None where only a recorded one would do."""
        if hasattr(self.module, "side_answer"):
            return self.module.side_answer(method, path)
        return {}

    def error_answer(self, status: int, message: str) -> bytes:
        """Give an error in the API's own shape, or in the commonest one."""
        shape = getattr(self.module, "error_answer", _common_error)
        return dumps(shape(status, message)).encode()

    def error_message(self, status: int, message: str) -> str:
        """Give an error as the API sends it over a WebSocket."""
        shape = getattr(self.module, "error_message", _common_error)
        return dumps(shape(status, message))

    def warm_up_messages(self) -> Sequence[str]:
        """Give the shortest answer to a warm-up that the recording has none for."""
        if hasattr(self.module, "warm_up_messages"):
            made_up: Sequence[str] = self.module.warm_up_messages()
            return made_up
        return [self.error_message(400, "probe replay: the recording has no answer to a warm-up")]


def _common_error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "replay_error", "code": status}}


def _posts(exchange: Exchange) -> list[Turn]:
    response = exchange.response
    if exchange.request.method != "POST" or exchange.websocket:
        return []
    return [
        Turn(
            path=path_of(exchange.request.url) or "/",
            request=exchange.request.body,
            full_input=None,
            warm_up=False,
            websocket=False,
            status_code=response.status_code if response else None,
            content_type=response.header("content-type") if response else None,
            response=response.body if response else None,
            messages=(),
            complete=response is not None and exchange.error is None,
            started=exchange.timestamp,
            ended=exchange.ended if response else None,
        )
    ]
