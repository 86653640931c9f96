"""The WebSocket side of a replay: one conversation, answered call by call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from probe.wire import replay_answers as answers
from probe.wire.replay_recording import Reply

if TYPE_CHECKING:
    from probe.wire.replay_server import ReplayServer


async def converse(server: ReplayServer, request: web.BaseRequest, path: str) -> web.WebSocketResponse:
    """Answer an agent's calls until it goes, or until an answer that was broken off in the recording."""
    socket = web.WebSocketResponse(max_msg_size=0)  # no limit: a turn holds files and images
    await socket.prepare(request)
    kind_of: Callable[[str], str | None] = server.renderer.message_kind
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        kind = kind_of(message.data)
        if kind == "warm-up":
            await _send(socket, _warm_up(server, path))
        elif kind and not await _answer_turn(server, socket, path):
            break
    return socket


async def _answer_turn(server: ReplayServer, socket: web.WebSocketResponse, path: str) -> bool:
    """Answer one call; False when the recorded conversation broke off there."""
    reply = server.recording.next_turn(path)
    if reply is None:
        text = server.exhausted("WebSocket", path)
        await _send(socket, [answers.error_message(server.renderer, EXHAUSTED_STATUS, text)])
        return True
    server.tally.served += 1
    await _send(socket, answers.turn_messages(reply, server.renderer))
    return reply.turn.complete


def _warm_up(server: ReplayServer, path: str) -> Sequence[str]:
    """Give the next recorded answer to a warm-up, or the renderer's shortest one."""
    server.tally.warm_ups += 1
    reply: Reply | None = server.recording.next_warm_up(path)
    made_up: Callable[[], Sequence[str]] = server.renderer.warm_up_messages
    return answers.turn_messages(reply, server.renderer) if reply and reply.turn.complete else made_up()


async def _send(socket: web.WebSocketResponse, messages: Sequence[str]) -> None:
    for message in messages:
        await socket.send_str(message)
