"""How far the pieces of a replay at speed 1 are from their recorded times."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence

import msgspec
from aiohttp import ClientSession

from probe.record.exchange import UnreadExchange
from probe.renderers.loader import load_renderer
from probe.replay.playback import Conditions
from probe.replay.server import ReplayServer

_PIECES, _EVERY, _ROUNDS = 200, 0.01, 10


def main(argv: Sequence[str]) -> int:
    """Print percentiles in milliseconds."""
    late = sorted(asyncio.run(_late()))
    shown = {f"p{share}": late[math.ceil(len(late) * share / 100) - 1] * 1000 for share in (50, 90, 99, 100)}
    found = ", ".join(f"{name} {value:.2f} ms" for name, value in shown.items())
    print(f"{len(late)} pieces, {_EVERY * 1000:.0f} ms apart, later than recorded: {found}")
    return 0


async def _late() -> list[float]:
    """Return how late each piece came, in seconds, at the agent's end of the connection."""
    server = ReplayServer([_recorded(number) for number in range(_ROUNDS)], load_renderer("auto"), Conditions(speed=1))
    port, found = await server.start(), []
    loop = asyncio.get_running_loop()
    async with ClientSession() as session:
        for _ in range(_ROUNDS):
            began = loop.time()
            async with session.post(f"http://127.0.0.1:{port}/v1/responses", data=b'{"input":"x"}') as answer:
                number = 0
                async for piece in answer.content.iter_any():
                    for _ in range(piece.count(b"\n\n")):
                        number += 1
                        found.append(loop.time() - began - number * _EVERY)
    await server.stop()
    return found


def _recorded(number: int) -> UnreadExchange:
    """Return an exchange whose answer came in pieces of one event each."""
    event = 'data: {"type":"response.output_text.delta","delta":"a word"}\n\n'
    record = {
        "timestamp": float(number),
        "request": {"method": "POST", "url": "https://h/v1/responses", "body": {"input": "x"}, "ended": float(number)},
        "response": {
            "status_code": 200,
            "headers": {"content-type": "text/event-stream"},
            "body": event * _PIECES,
            "body_kind": "sse",
            "pieces": [(number + (one + 1) * _EVERY, one * len(event)) for one in range(_PIECES)],
        },
    }
    return msgspec.json.decode(json.dumps(record), type=UnreadExchange)
