"""Make small recordings, and serve them on a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from probe.record.exchange import Exchange, Headers, Message, Request, Response, WebSocket
from probe.renderers.loader import Renderer, load_renderer
from probe.replay.faults import parse_faults
from probe.replay.playback import Conditions
from probe.replay.server import ReplayServer
from tests.support.background import in_thread
from tests.trace.tracing import unread

SSE: Headers = {"Content-Type": "text/event-stream; charset=utf-8"}
URL = "https://api.openai.com/v1/responses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A replay that runs."""

    server: ReplayServer
    port: int

    @property
    def url(self) -> str:
        """Return the address without any path."""
        return f"http://127.0.0.1:{self.port}"


def replaying(
    exchanges: Sequence[Exchange],
    renderer: Renderer | str = "openai_responses",
    *,
    faults: Sequence[str] = (),
    **how: Any,
) -> AbstractContextManager[Replay]:
    """Serve exchanges in a background thread, with a renderer or a built-in one's name."""
    used = load_renderer(f"probe.renderers.{renderer}") if isinstance(renderer, str) else renderer
    return in_thread(_serving(exchanges, used, Conditions(faults=parse_faults(faults), **how)))


@asynccontextmanager
async def _serving(exchanges: Sequence[Exchange], renderer: Renderer, conditions: Conditions) -> AsyncIterator[Replay]:
    server = ReplayServer(unread(exchanges), renderer, conditions)
    port = await server.start()
    try:
        yield Replay(server=server, port=port)
    finally:
        await server.stop()


def events(name: str) -> list[str]:
    """Return the data of an answer's events; `name` is the response's id and its text."""
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": name}]}
    return [
        json.dumps({"type": "response.created", "response": {"id": name}}),
        json.dumps({"type": "response.output_item.done", "item": message}),
        json.dumps({"type": "response.completed", "response": {"id": name, "output": [message]}}),
    ]


def stream(name: str) -> str:
    """Return an answer as an event stream."""
    return "".join(f"event: {json.loads(data)['type']}\ndata: {data}\n\n" for data in events(name))


def post(
    at: float,
    body: Any,
    *,
    request: Any = None,
    status: int = 200,
    headers: Headers = SSE,
    url: str = URL,
    method: str = "POST",
    **more: Any,
) -> Exchange:
    """Make an HTTP exchange; `at` is when it began, and `more` what is special about it."""
    kind = "sse" if headers is SSE else "json" if not isinstance(body, str) else "text"
    answer = Response(status_code=status, headers=headers, body=body, body_kind=kind)
    sent = Request(method=method, url=url, body=request or {"input": "hello"}, body_kind="json")
    return Exchange(timestamp=at, request=sent, response=answer, **more)


def sent(exchange: Exchange) -> bytes:
    """Return the recorded request's body, as the agent sends it again."""
    return json.dumps(exchange.request.body).encode()


def create(at: float, **fields: Any) -> Message:
    """Make a `response.create` of the client."""
    text = json.dumps({"type": "response.create", **fields})
    return Message(timestamp=at, direction="client", type="text", content=text)


def told(at: float, texts: Sequence[str]) -> list[Message]:
    """Make messages of the server."""
    return [Message(timestamp=at, direction="server", type="text", content=text) for text in texts]


def conversation(messages: Sequence[Message], *, url: str = URL, error: str | None = None) -> Exchange:
    """Make a WebSocket exchange."""
    return Exchange(
        timestamp=messages[0].timestamp,
        request=Request(method="GET", url=url),
        response=Response(status_code=101),
        websocket=WebSocket(messages=list(messages), close_code=1006),
        error=error,
    )
