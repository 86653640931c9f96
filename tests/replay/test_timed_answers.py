"""What is sent again: the recorded pieces at their recorded times, over real sockets."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import closing

import aiohttp
import pytest
from aiohttp import WSMsgType
from msgspec.structs import replace

from probe.addon.decoders import decoder_for
from probe.record.exchange import Exchange, Headers, Message, WebSocket
from tests.replay.replays import SSE, conversation, create, post, replaying, stream, told
from tests.replay.test_websocket import talk
from tests.support.client import ask, begin, connect

PIECES = [b'data: {"a":"\xc3', b'\xa9"}\n\n', b"data: [DONE]\n\n"]
AFTER = [0.12, 0.2, 0.4]
ALLOWED = 0.06
"""Seconds that a machine with other work may be late; `python -m bench replay` measures a quiet one."""


def recorded(pieces: Sequence[bytes] = PIECES, after: Sequence[float] = AFTER, headers: Headers = SSE) -> Exchange:
    """Make an exchange whose answer came in pieces; the request had arrived whole half a second after its begin."""
    exchange = post(10.0, b"".join(pieces).decode(), headers=headers)
    assert exchange.response
    sizes = [sum(map(len, pieces[:number])) for number in range(len(pieces))]
    arrived = [(10.5 + late, size) for late, size in zip(after, sizes, strict=True)]
    response = replace(
        exchange.response, body_kind="sse", started=10.6, ended=10.5 + after[-1], pieces=arrived, reason="Fine"
    )
    return replace(exchange, request=replace(exchange.request, ended=10.5), response=response)


SPEEDS = {
    "as recorded": (1.0, AFTER),
    "ten times": (10.0, [0.012, 0.02, 0.04]),
    "without any pause": (float("inf"), [0] * 3),
}


@pytest.mark.parametrize(("speed", "after"), SPEEDS.values(), ids=SPEEDS.keys())
def test_pieces_come_at_their_borders_and_times(speed: float, after: Sequence[float]) -> None:
    with replaying([recorded()], speed=speed) as replay, closing(connect(replay.url)) as connection:
        began = time.monotonic()
        response = begin(connection, f"{replay.url}/v1/responses", b"{}")
        assert response.reason == "Fine"
        pieces, times = [], []
        while data := response.read1(1 << 16):  # no more than one chunk
            pieces.append(data)
            times.append(time.monotonic() - began)
    assert pieces == PIECES
    assert all(-0.002 <= late - due < ALLOWED for late, due in zip(times, after, strict=True)), times


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br", "identity"])
def test_each_piece_of_an_encoded_answer_can_be_decoded_when_it_comes(encoding: str) -> None:
    encoded = recorded(headers={**SSE, "Content-Encoding": encoding, "Content-Length": "7"})
    decoder = decoder_for(encoding)
    with replaying([encoded], speed=10) as replay, closing(connect(replay.url)) as connection:
        response = begin(connection, f"{replay.url}/v1/responses", b"{}")
        assert response.headers["Content-Encoding"] == encoding
        chunks = list(iter(lambda: response.read1(1 << 16), b""))
    decoded = [decoder.decode(chunk) if decoder else chunk for chunk in chunks]
    assert decoded[: len(PIECES)] == PIECES
    assert not any(decoded[len(PIECES) :])


def test_a_body_that_could_not_be_decoded_comes_as_it_was_on_the_wire() -> None:
    exchange = post(1.0, "", headers={"Content-Encoding": "gzip", "Content-Length": "4"})
    assert exchange.response
    response = replace(
        exchange.response, body=base64.b64encode(b"\x1f\x8b??").decode(), body_kind="base64", decode_error="damaged"
    )
    with replaying([replace(exchange, response=response)]) as replay:
        answer = ask(f"{replay.url}/v1/responses", b"{}")
    assert (answer.body, dict(answer.headers)["Content-Length"]) == (b"\x1f\x8b??", "4")


@pytest.mark.parametrize("body", [stream("x"), "[REDACTED:1]"], ids=["of a whole body", "of a redacted body"])
def test_a_recorded_length_is_that_of_what_is_sent(body: str) -> None:
    with replaying([post(1.0, body, headers={"Content-Type": "text/plain", "content-length": "999"})]) as replay:
        answer = ask(f"{replay.url}/v1/responses", b"{}")
    assert answer.headers == [("Content-Type", "text/plain"), ("content-length", str(len(body)))]
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(body.encode()).digest()


def test_a_head_is_answered_with_its_headers_alone() -> None:
    head = post(1.0, "", method="HEAD", url="https://h/v1/models", headers={"Content-Length": "99", "ETag": "e"})
    with replaying([head]) as replay:
        answer = ask(f"{replay.url}/v1/models", method="HEAD")
    assert (answer.headers, answer.body) == ([("Content-Length", "99"), ("ETag", "e")], b"")


def test_websocket_messages_come_with_their_types_and_times_and_how_it_was_closed() -> None:
    binary = Message(timestamp=1.2, direction="server", type="binary", content=base64.b64encode(b"\0\xff").decode())
    texts = [json.dumps({"type": f"response.{name}", "response": {"id": "r"}}) for name in ("created", "completed")]
    answer = [told(1.1, texts[:1])[0], binary, told(1.3, texts[1:])[0]]
    socket = WebSocket(
        messages=[create(1.0), *answer], close_code=4001, close_reason="bye", closed_by="server", ended=1.4
    )
    exchange = replace(conversation([create(1.0)]), websocket=socket)

    async def agent(ws: aiohttp.ClientWebSocketResponse) -> list[tuple[WSMsgType, object, float]]:
        await ws.send_json({"type": "response.create"})
        began = time.monotonic()
        got = [(one.type, one.data, time.monotonic() - began) for one in [await ws.receive()]]
        while got[-1][0] not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            message = await ws.receive()
            got.append((message.type, message.data, time.monotonic() - began))
        return got

    with replaying([exchange], speed=1) as replay:
        got = talk(replay, agent)
    due: list[tuple[WSMsgType, object, float]]
    due = [(WSMsgType.TEXT, texts[0], 0.1), (WSMsgType.BINARY, b"\0\xff", 0.2), (WSMsgType.TEXT, texts[1], 0.3)]
    due.append((WSMsgType.CLOSE, 4001, 0.4))
    assert [one[:2] for one in got] == [one[:2] for one in due]
    assert all(-0.002 <= late - on_time < ALLOWED for (_, _, late), (_, _, on_time) in zip(got, due, strict=True)), got


def test_the_handshake_has_the_recorded_headers() -> None:
    exchange = conversation([create(1.0), *told(1.1, ["{}"])])
    assert exchange.response
    answered = replace(exchange.response, headers={"x-turn-state": "s", "Sec-WebSocket-Accept": "no"})

    async def agent(ws: aiohttp.ClientWebSocketResponse) -> tuple[str | None, str | None]:
        return ws._response.headers.get("x-turn-state"), ws._response.headers.get("sec-websocket-accept")

    with replaying([replace(exchange, response=answered)]) as replay:
        state, accept = talk(replay, agent)
    assert (state, accept == "no") == ("s", False)
