"""Be a WebSocket server on loopback that sends every message back, closes as it is told, and logs both."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Self

from aiohttp import WSMsgType, web

from tests.support.background import in_thread
from tests.support.wirelog import Bytes, Message, WireLog

CLOSE = b"close, please"
CLOSE_CODE, CLOSE_REASON = 4001, "as you asked"


class Echo:
    """`async with Echo() as echo` serves at `echo.url`."""

    def __init__(self) -> None:
        self.log = WireLog()
        self.port = 0
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """Return the address without any path."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._converse, access_log=None), shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _converse(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Send back each message; break off, or close, when the client asks for it."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            data = message.data.encode() if message.type is WSMsgType.TEXT else bytes(message.data)
            self._note("client", data)
            if data == CLOSE:
                await socket.close(code=CLOSE_CODE, message=CLOSE_REASON.encode())
                break
            self._note("server", data)
            await (socket.send_str(message.data) if message.type is WSMsgType.TEXT else socket.send_bytes(data))
        return socket

    def _note(self, direction: str, data: bytes) -> None:
        self.log.add(Message(id=1, time=time.time(), direction=direction, decoded=Bytes.of(data), body=data))


def echo_running() -> AbstractContextManager[Echo]:
    """Serve in a background thread."""
    return in_thread(Echo())
