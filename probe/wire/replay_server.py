"""A server that answers an agent from a recorded run, so that the agent runs again without its provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from aiohttp import web

from probe.record.exchange import Exchange
from probe.wire import replay_answers as answers
from probe.wire.addon.json_text import dumps
from probe.wire.replay_recording import Recording, Reply
from probe.wire.replay_tally import Tally
from probe.wire.replay_websocket import converse

HOST = "127.0.0.1"
STOP_SECONDS = 1.0
"""What running answers get to end in, when the server stops."""

# codex asks again after a 5xx, and gives up at once with a 400 (0.98.0 and 0.169.0 measured).
EXHAUSTED_STATUS = 400


class ReplayServer:
    """Answers turns in their order by endpoint, and side requests with what was recorded or an empty answer."""

    def __init__(self, exchanges: Sequence[Exchange], renderer: ModuleType) -> None:
        self.recording = Recording(exchanges, renderer)
        self.renderer = renderer
        self.tally = Tally()
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on loopback and give the port. Raises OSError when the port is taken."""
        # Bodies stay encoded: nobody reads them, and aiohttp does not know every encoding that agents use.
        server = web.Server(self._answer, auto_decompress=False, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError:
            await self.stop()
            raise
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening and drop what is still connected."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def exhausted(self, method: str, path: str) -> str:
        """Count a call that the recording has no answer left for, and say so."""
        self.tally.exhausted += 1
        self.tally.note(method, path)
        count = self.recording.count(path)
        if not count:
            return f"probe replay: the recording has no answer to {path}"
        given = "its one answer" if count == 1 else f"all of its {count} answers"
        return f"probe replay: the recording has given {given} to {path}; this run asks for more than that one did"

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the agent."""
        if request.method == "CONNECT" or not request.raw_path.startswith("/"):
            return self._refuse(request)
        path = request.raw_path.partition("?")[0]
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._upgrade(request, path)
        async for _ in request.content.iter_any():
            pass  # the whole request first: some clients do not read an answer while they send
        if request.method == "POST" and self._is_call(path):
            return await self._turn(request, path)
        return await self._side(request, path)

    def _is_call(self, path: str) -> bool:
        """Tell whether a POST is a call of the model: the recording has such, or the renderer says so."""
        return self.recording.count(path) > 0 or self._empty_answer("POST", path) is None

    def _empty_answer(self, method: str, path: str) -> Any:
        empty: Callable[[str, str], Any] = getattr(self.renderer, "side_answer", lambda _method, _path: {})
        return empty(method, path)

    def _refuse(self, request: web.BaseRequest) -> web.Response:
        """Refuse what an agent sends to another host through us as its HTTP proxy."""
        self.tally.refused += 1
        self.tally.note(request.method, request.raw_path)
        text = f"probe replay: nothing leaves this machine during a replay; refused {request.raw_path}"
        response = self._error(403, text)
        response.force_close()
        return response

    async def _upgrade(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if self.recording.has_websocket(path):
            return await converse(self, request, path)
        # 426 is what makes codex post at once; other codes it takes for a fault, and tries again for seconds.
        return self._error(426, f"probe replay: the recording of {path} was made over HTTP, not WebSocket")

    async def _turn(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        reply = self.recording.next_turn(path)
        if reply is None:
            return self._error(EXHAUSTED_STATUS, self.exhausted(request.method, path))
        self.tally.served += 1
        return await _send_turn(request, reply)

    async def _side(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        recorded = self.recording.side(request.method, request.raw_path)
        if recorded and recorded.response:
            self.tally.sides += 1
            return web.Response(
                status=recorded.response.status_code,
                reason=recorded.response.reason,
                headers=answers.replayed_headers(recorded),
                body=answers.stored_bytes(recorded.response),
            )
        self.tally.note(request.method, path)
        body = dumps(self._empty_answer(request.method, path)).encode()
        return web.Response(body=body, content_type="application/json")

    def _error(self, status: int, message: str) -> web.Response:
        body = answers.error_answer(self.renderer, status, message)
        return web.Response(status=status, body=body, content_type="application/json")


async def _send_turn(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """Send a turn as it was: event by event, and broken off where the recording was."""
    turn = reply.turn
    status = 200 if turn.websocket else turn.status_code
    response = web.StreamResponse(
        status=status or 502, headers=answers.replayed_headers(reply.exchange, turn.content_type)
    )
    await response.prepare(request)
    if status is not None:
        for event in answers.events(answers.turn_bytes(reply)):
            await response.write(event)
    if not turn.complete and request.transport:
        request.transport.close()  # sends what was written, but not the end that aiohttp would add
    return response


async def serve(
    exchanges: Sequence[Exchange],
    renderer: ModuleType,
    port: int,
    on_ready: Callable[[int], None],
    stop: asyncio.Event,
) -> Tally:
    """Answer from a run until `stop` is set or the task is cancelled; `on_ready` gets the port."""
    server = ReplayServer(exchanges, renderer)
    on_ready(await server.start(port))
    try:
        await stop.wait()
    finally:
        await server.stop()
    return server.tally
