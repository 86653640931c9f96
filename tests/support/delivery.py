"""Send answers whole, as an event stream, or as WebSocket messages, and log what was really sent."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support import encodings
from tests.support.apis.calls import Answer, compact
from tests.support.wirelog import Bytes, Message, Sent, WireLog

ABNORMAL = 1006
"""Close code of a WebSocket that ended without a close frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How answers are sent, and the log that they are written to."""

    log: WireLog
    encoding: str = "none"
    pause: float = 0.0
    hold_open: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)

    def all_headers(self, number: int, **more: str) -> dict[str, str]:
        """Return the headers of one answer."""
        own = {"x-request-id": f"req_{number:06d}", **self.headers, **more}
        return own if self.encoding == "none" else {**own, "Content-Encoding": self.encoding}


async def send(
    request: web.Request, number: int, answer: Answer, how: Delivery, status: int = 200
) -> web.StreamResponse:
    """Send an answer, one piece after the other."""
    headers = how.all_headers(number, **answer.headers, **{"Content-Type": answer.content_type})
    response = web.StreamResponse(status=status, headers=headers)
    await _send(request, response, number, answer.pieces, how)
    return response


async def _send(
    request: web.Request, response: web.StreamResponse, number: int, pieces: Sequence[bytes], how: Delivery
) -> None:
    """Send pieces and log how far it came: the client may leave at any time."""
    coder = encodings.encoder(how.encoding)
    plain, wire, complete = bytearray(), bytearray(), False
    try:
        await response.prepare(request)
        for index, piece in enumerate(pieces):
            await asyncio.sleep(how.pause if index else 0)
            wire += await _write(response, coder.piece(piece))
            plain += piece
        await _hold(request, how.hold_open)
        wire += await _write(response, coder.end())
        await response.write_eof()
        complete = True
    except ConnectionError:
        pass  # The client left: `complete` tells.
    finally:
        how.log.add(
            Sent(
                id=number,
                time=time.time(),
                status=response.status,
                wire=Bytes.of(bytes(wire)),
                decoded=Bytes.of(bytes(plain)),
                complete=complete,
                body=bytes(plain),
            )
        )


async def _write(response: web.StreamResponse, data: bytes) -> bytes:
    """Send bytes and give them back."""
    if data:
        await response.write(data)
    return data


async def _hold(request: web.Request, seconds: float) -> None:
    """Keep the stream open for a while, as long as the client is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and request.transport and not request.transport.is_closing():
        await asyncio.sleep(0.01)


async def converse(
    request: web.Request, number: int, answer: Callable[[Any], list[Any]], how: Delivery
) -> web.StreamResponse:
    """Answer every message of a WebSocket with events until the client leaves."""
    socket = web.WebSocketResponse(max_msg_size=0)
    socket.headers.update({"x-request-id": f"req_{number:06d}", **how.headers})
    await socket.prepare(request)
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                how.log.add(_message(number, "client", message.data))
                await _reply(socket, number, answer(json.loads(message.data)), how)
    except ConnectionError:
        pass  # The client left in the middle of an answer: the close code tells.
    finally:
        how.log.add(_goodbye(number, socket))
    return socket


async def _reply(socket: web.WebSocketResponse, number: int, events: list[Any], how: Delivery) -> None:
    """Send events as messages."""
    for index, event in enumerate(events):
        await asyncio.sleep(how.pause if index else 0)
        text = compact(event)
        await socket.send_str(text)
        how.log.add(_message(number, "server", text))


def _message(number: int, direction: str, text: str) -> Message:
    """Make the log's entry of a message."""
    data = text.encode()
    return Message(id=number, time=time.time(), direction=direction, decoded=Bytes.of(data), body=data)


def _goodbye(number: int, socket: web.WebSocketResponse) -> Sent:
    """Make the log's entry of a WebSocket that has ended."""
    code = socket.close_code or ABNORMAL
    none = Bytes.of(b"")
    return Sent(
        id=number,
        time=time.time(),
        status=socket.status,
        wire=none,
        decoded=none,
        complete=code != ABNORMAL,
        close_code=code,
        body=b"",
    )
