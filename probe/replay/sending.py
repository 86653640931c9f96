"""Send an answer in its recorded pieces and times."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import WSMsgType, hdrs, web
from multidict import CIMultiDict

from probe.replay.content_encoding import Encoder, encoder_for
from probe.replay.timed_answer import End, TimedAnswer, TimedPiece

_NO_ANSWER = 502
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER for no time: a socket that is closed is reset."""


class Pace:
    """The times of one answer: they count from when this is made. Deadlines do not add up errors as pauses would."""

    def __init__(self, speed: float) -> None:
        """`speed` is how many times faster than recorded; infinite without any pause."""
        self._speed = speed
        self._began = asyncio.get_running_loop().time()

    def unscaled(self) -> Pace:
        """Return the same beginning at the recorded speed."""
        made = Pace(1.0)
        made._began = self._began
        return made

    async def until(self, after: float) -> None:
        """Wait for a recorded time."""
        left = self._began + after / self._speed - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)


class _Exact(web.StreamResponse):
    """An answer with the recorded headers alone."""

    async def _prepare_headers(self) -> None:
        given = {name.lower() for name in self.headers}
        await super()._prepare_headers()
        for name in (hdrs.CONTENT_TYPE, hdrs.DATE, hdrs.SERVER):
            if name.lower() not in given:
                self.headers.popall(name, None)


async def send_answer(request: web.BaseRequest, answer: TimedAnswer, pace: Pace) -> web.StreamResponse:
    """Send an answer over HTTP."""
    encoder, headers = _encoder(answer)
    response = _Exact(status=answer.status or _NO_ANSWER, reason=answer.reason, headers=headers)
    if answer.status is not None:
        await pace.until(answer.head_after)
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await _send_body(response, answer, encoder, pace)
    await pace.until(answer.ended_after)
    if answer.end is not End.WHOLE:
        break_off(request, answer.end)
    return response


async def send_messages(
    request: web.BaseRequest, connection: web.WebSocketResponse, answer: TimedAnswer, pace: Pace
) -> bool:
    """Send an answer over a WebSocket; return False where the conversation ends with it."""
    for piece in answer.pieces:
        await pace.until(piece.after)
        await _send_message(connection, piece)
    if answer.end is not End.WHOLE:
        await pace.until(answer.ended_after)
        break_off(request, answer.end)
        return False
    if answer.close_code is not None:
        await pace.until(answer.ended_after)
        await connection.close(code=answer.close_code, message=answer.close_reason.encode())
        return False
    return True


def break_off(request: web.BaseRequest, end: End) -> None:
    """End a connection without the end of the answer."""
    if request.transport is None:
        return
    if end is End.RESET:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    else:
        request.transport.close()  # sends what was written, but not the end that aiohttp would add


async def _send_body(response: web.StreamResponse, answer: TimedAnswer, encoder: Encoder, pace: Pace) -> None:
    for piece in answer.pieces:
        await pace.until(piece.after)
        await response.write(encoder.piece(piece.data))
    if answer.end is End.WHOLE and answer.pieces and (rest := encoder.finish()):
        await response.write(rest)


async def _send_message(connection: web.WebSocketResponse, piece: TimedPiece) -> None:
    if piece.binary:
        await connection.send_bytes(piece.data)
    else:
        # Unchecked: a fault may have made it no UTF-8.
        await connection.send_frame(piece.data, WSMsgType.TEXT)


def _encoder(answer: TimedAnswer) -> tuple[Encoder, CIMultiDict[str]]:
    """Return what encodes the body, and the headers; without the encoding's name where nothing here can apply it."""
    headers = CIMultiDict(answer.headers)
    names = "" if answer.encoded else ", ".join(headers.getall(hdrs.CONTENT_ENCODING, []))
    try:
        return encoder_for(names), headers
    except (KeyError, ImportError):
        del headers[hdrs.CONTENT_ENCODING]
        return encoder_for(""), headers
