"""The WebSocket side of a replay: one conversation, answered call by call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web

from probe.addon.json_text import dumps
from probe.renderers.api import Api
from probe.renderers.events import split_stream
from probe.renderers.json_reader import as_text, parsed
from probe.replay.answers import turn_bytes
from probe.replay.playback import EXHAUSTED_STATUS, Playback
from probe.replay.recorded_turn import EVENT_STREAM, RecordedTurn


async def converse(request: web.BaseRequest, path: str, playback: Playback) -> web.WebSocketResponse:
    """Answer an agent's calls until it disconnects, or until an answer that broke off in the recording."""
    socket = web.WebSocketResponse(max_msg_size=0)  # no limit: a turn may hold files and images
    await socket.prepare(request)
    async for message in socket:
        called = playback.called(path, message.data) if message.type is WSMsgType.TEXT else False
        if called is None:
            turn = playback.warm_up(path)
            await _send(socket, turn.messages if turn else _warm_up(playback.api(path)))
        elif called and not await _answer_turn(socket, path, playback, parsed(message.data)):
            break
    return socket


async def _answer_turn(socket: web.WebSocketResponse, path: str, playback: Playback, request: Any) -> bool:
    """Answer one call; return False when the recorded conversation broke off there."""
    turn = playback.next_turn(path, request)
    api = playback.api(path)
    if turn is None:
        text = playback.exhausted(path)
        await socket.send_str(dumps(api.error_message(EXHAUSTED_STATUS, text)))
        return True
    await _send(socket, _messages(turn, api))
    return turn.complete


def _warm_up(api: Api) -> Sequence[str]:
    """Return the shortest answer to a warm-up that the recording has none for."""
    made = api.warm_up_messages()
    return made or [dumps(api.error_message(400, "probe replay: the recording has no answer to a warm-up"))]


def _messages(turn: RecordedTurn, api: Api) -> Sequence[str]:
    """Return a turn's answer as WebSocket messages, also where a run that had both recorded it over HTTP."""
    if turn.messages or turn.status_code is None:
        return turn.messages
    text = turn_bytes(turn).decode("utf-8", "replace")
    if turn.content_type == EVENT_STREAM:
        return [*map(as_text, split_stream(text).texts)]
    return [dumps(api.error_message(max(turn.status_code, 400), text))]


async def _send(socket: web.WebSocketResponse, messages: Sequence[str]) -> None:
    for message in messages:
        await socket.send_str(message)
