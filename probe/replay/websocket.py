"""The WebSocket side of a replay: one conversation, answered call by call."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import WSMsgType, web

from probe.addon.json_text import dumps
from probe.renderers.sse import parse_stream
from probe.replay.api import Api
from probe.replay.matching import Reply
from probe.replay.playback import EXHAUSTED_STATUS, Playback


async def converse(request: web.BaseRequest, path: str, playback: Playback) -> web.WebSocketResponse:
    """Answer an agent's calls until it goes, or until an answer that was broken off in the recording."""
    socket = web.WebSocketResponse(max_msg_size=0)  # no limit: a turn holds files and images
    await socket.prepare(request)
    async for message in socket:
        call = playback.api(path).call(path, message.data) if message.type is WSMsgType.TEXT else None
        if call and call.warm_up:
            reply = playback.warm_up(path)
            await _send(socket, reply.turn.messages if reply else playback.api(path).warm_up_messages())
        elif call and not await _answer_turn(socket, path, playback):
            break
    return socket


async def _answer_turn(socket: web.WebSocketResponse, path: str, playback: Playback) -> bool:
    """Answer one call; False when the recorded conversation broke off there."""
    reply = playback.next_turn(path)
    api = playback.api(path)
    if reply is None:
        text = playback.exhausted(path)
        await socket.send_str(api.error_message(EXHAUSTED_STATUS, text))
        return True
    await _send(socket, _messages(reply, api))
    return reply.turn.complete


def _messages(reply: Reply, api: Api) -> Sequence[str]:
    """Give a turn's answer as WebSocket messages, also where a run that had both recorded it over HTTP."""
    turn = reply.turn
    if turn.messages or turn.response is None:
        return turn.messages
    if turn.content_type == "text/event-stream":
        return [event.data for event in parse_stream(turn.response)[0] if event.complete and event.data]
    text = turn.response if isinstance(turn.response, str) else dumps(turn.response)
    return [api.error_message(max(turn.status_code or 0, 400), text)]


async def _send(socket: web.WebSocketResponse, messages: Sequence[str]) -> None:
    for message in messages:
        await socket.send_str(message)
