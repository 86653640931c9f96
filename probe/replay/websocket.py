"""The WebSocket side of a replay: one conversation, answered call by call."""

from __future__ import annotations

from aiohttp import WSMsgType, web

from probe.addon.json_text import dumps
from probe.renderers.api import Api
from probe.replay.other_transport import messages
from probe.replay.playback import EXHAUSTED_STATUS, Playback
from probe.replay.sending import Pace, send_messages
from probe.replay.timed_answer import TimedAnswer, TimedPiece, flat_headers, timed_answer


async def converse(request: web.BaseRequest, path: str, playback: Playback) -> web.WebSocketResponse:
    """Answer an agent's calls until it disconnects, or until an answer that ended the recorded conversation."""
    socket = web.WebSocketResponse(max_msg_size=0)  # no limit: a turn may hold files and images
    recorded = playback.next_websocket(path)
    if recorded and recorded.response:
        socket.headers.extend(flat_headers(recorded.response.headers))
    await socket.prepare(request)
    async for message in socket:
        pace = Pace(playback.conditions.speed)
        called = playback.called(path, message.data) if message.type is WSMsgType.TEXT else False
        if called is False:
            continue
        body = message.data.encode("utf-8", "surrogatepass")
        playback.conditions.on_request("MESSAGE", request.raw_path, body)
        if called:
            answer, pace = _answer(path, playback, body, pace)
        else:
            answer = _warm_up(path, playback, body)
        if not await send_messages(request, socket, answer, pace):
            break
    return socket


def _answer(path: str, playback: Playback, body: bytes, pace: Pace) -> tuple[TimedAnswer, Pace]:
    turn = playback.call(path, body, websocket=True)
    api = playback.api(path)
    if isinstance(turn, str):
        return _made(dumps(api.error_message(EXHAUSTED_STATUS, f"probe replay: {turn}"))), pace
    return playback.with_faults(turn, messages(timed_answer(turn), api, turn.content_type), pace)


def _warm_up(path: str, playback: Playback, body: bytes) -> TimedAnswer:
    """Return the recorded answer to a warm-up, else the shortest one."""
    turn = playback.warm_up(path, body)
    return timed_answer(turn) if turn else _made(*_shortest(playback.api(path)))


def _shortest(api: Api) -> list[str]:
    made = [*api.warm_up_messages()]
    return made or [dumps(api.error_message(400, "probe replay: the recording has no answer to a warm-up"))]


def _made(*texts: str) -> TimedAnswer:
    pieces = tuple(TimedPiece(0.0, text.encode("utf-8", "surrogatepass")) for text in texts)
    return TimedAnswer(status=200, pieces=pieces, websocket=True)
