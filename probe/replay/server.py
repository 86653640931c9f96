"""A server that answers an agent from a recorded run, so that the agent runs again without its provider."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from probe.addon.decoders import DecodeError, decoder_for
from probe.addon.json_text import dumps
from probe.record.differing_place import DifferingPlace
from probe.record.exchange import UnreadExchange
from probe.renderers.loader import Renderer
from probe.replay.other_transport import posted
from probe.replay.playback import EXHAUSTED_STATUS, Conditions, Playback
from probe.replay.sending import Pace, send_answer
from probe.replay.timed_answer import timed_answer, timed_response
from probe.replay.websocket import converse

HOST = "127.0.0.1"
STOP_SECONDS = 1.0
"""Time for running answers to end when the server stops."""


class ReplayServer:
    """Answers calls of the model in their order by endpoint; side requests as recorded, or emptily."""

    def __init__(
        self, exchanges: Iterable[UnreadExchange], renderer: Renderer, conditions: Conditions | None = None
    ) -> None:
        self._playback = Playback(exchanges, renderer, conditions or Conditions())
        self._runner: web.ServerRunner | None = None

    @property
    def problems(self) -> list[str]:
        """Return what went wrong, a line each; empty when the recording had all that the agent asked for."""
        return self._playback.misses.problems

    @property
    def recorded(self) -> list[Any]:
        """Return the recorded calls of the model."""
        return self._playback.recorded

    @property
    def differing(self) -> list[str]:
        """Return where calls of the agent differed from the recorded ones, a line each."""
        return self._playback.misses.differing

    @property
    def places(self) -> list[DifferingPlace]:
        """Return each place at which a call differed."""
        return self._playback.misses.places

    @property
    def calls(self) -> int:
        """Return how many calls of the model the agent made; warm-ups are none."""
        return self._playback.asked

    @property
    def unasked(self) -> int:
        """Return how many calls of the recording the agent did not make."""
        return len(self._playback.unasked)

    @property
    def faults_hit(self) -> list[str]:
        """Return which calls were hit by which fault, a line each."""
        return self._playback.faults.hits

    @property
    def faults_missed(self) -> list[str]:
        """Return which faults hit no call, a line each."""
        return self._playback.faults.missed(self.calls, self._playback.conditions.asker)

    @property
    def notes(self) -> list[str]:
        """Return how this run of the agent differed from the recorded one."""
        left = self.unasked
        unasked = [f"{left} of the recorded answers {'was' if left == 1 else 'were'} not asked for"] if left else []
        return [*self.faults_hit, *self.faults_missed, *self.differing, *self._playback.unrecorded.notes, *unasked]

    async def start(self, port: int = 0) -> int:
        """Listen on loopback and return the port. Raises OSError when the port is taken."""
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
        """Stop listening and close all connections."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the agent."""
        if request.method == "CONNECT" or not request.raw_path.startswith("/"):
            return self._refuse(request)
        path = request.raw_path.partition("?")[0]
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._upgrade(request, path)
        # The whole request first: some clients do not read an answer while they send.
        body = _decoded(b"".join([piece async for piece in request.content.iter_any()]), request)
        self._playback.conditions.on_request(request.method, request.raw_path, body)
        if request.method == "POST" and self._playback.is_call(path, body):
            return await self._turn(request, path, body)
        return await self._side(request, path, body)

    def _refuse(self, request: web.BaseRequest) -> web.Response:
        """Refuse a request to another host for which the agent uses this server as its HTTP proxy."""
        what = f"{request.method} {request.raw_path}"
        response = self._error("", 403, f"probe replay: nothing leaves this machine in a replay; refused {what}")
        response.force_close()
        return response

    async def _upgrade(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if self._playback.has_websocket(path):
            return await converse(request, path, self._playback)
        # After 426 codex posts at once; it retries for seconds after other codes.
        return self._error(path, 426, f"probe replay: the recording has no WebSocket for {path}; post instead")

    async def _turn(self, request: web.BaseRequest, path: str, body: bytes) -> web.StreamResponse:
        pace = Pace(self._playback.conditions.speed)
        turn = self._playback.call(path, body)
        if isinstance(turn, str):
            return self._error(path, EXHAUSTED_STATUS, f"probe replay: {turn}")
        answer = posted(timed_answer(turn), complete=turn.complete)
        return await send_answer(request, *self._playback.with_faults(turn, answer, pace))

    async def _side(self, request: web.BaseRequest, path: str, body: bytes) -> web.StreamResponse:
        pace = Pace(self._playback.conditions.speed)
        recorded = self._playback.side(request.method, request.raw_path, body)
        if recorded:
            return await send_answer(request, timed_response(recorded), pace)
        self._playback.unrecorded.empty(request.method, path)
        empty = dumps(self._playback.api(path).side_answer(request.method, path)).encode()
        return web.Response(body=empty, content_type="application/json")

    def _error(self, path: str, status: int, message: str) -> web.Response:
        body = dumps(self._playback.api(path).error_answer(status, message)).encode()
        return web.Response(status=status, body=body, content_type="application/json")


def _decoded(body: bytes, request: web.BaseRequest) -> bytes:
    """Return a request's body without its content-encoding; as it is where it cannot be decoded."""
    decoder = decoder_for(request.headers.get("content-encoding", ""))
    try:
        return decoder.decode(body) if decoder else body
    except DecodeError:
        return body
