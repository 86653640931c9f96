"""The server behind every contender: `python -m bench.upstream` prints its port and serves until stdin ends.

It needs only the standard library and does little, so that what is measured is the proxy in front of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATH = "/v1/responses"
"""A path that every contender takes for a model's. `?answer=stream` answers with a stream of server-sent events, which
`id` names and `pace` (seconds) spreads; `?answer=hash` with the SHA-256 of the request's body; `?answer=bytes` with so
many `bytes`."""
EVENTS = 40
"""In one stream."""
BLOCK = (b"The quick brown fox jumps over the lazy dog, 0123456789 times.\n" * 1024)[:65536]
"""What a large answer is made of."""
_DELTAS = EVENTS - 6
_WORDS = "and so the model says, in some words, what it does next: `add(a, b)`"


def mark(stream: str, number: int) -> str:
    """Return a text that is unique to one event of one stream, to find it wherever it was kept."""
    return f"<{stream}.{number}>"


def text_of(stream: str) -> str:
    """Return the text that a stream's deltas make up."""
    return "".join(map(_delta, [stream] * _DELTAS, range(_DELTAS)))


def _delta(stream: str, number: int) -> str:
    return f"{stream}, {number}: {_WORDS}\n"


def events(stream: str) -> Iterator[dict[str, Any]]:
    """Yield one answer as a model gives it: about 20 KB, the whole text three times more at its end."""
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "annotations": [], "text": text_of(stream)}
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}
    usage = {"input_tokens": 400, "output_tokens": 700, "total_tokens": 1100}
    answer = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "bench-1", "output": []}
    yield {"type": "response.created", "response": answer}
    yield {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": item | {"content": [], "status": "in_progress"},
    }
    yield {"type": "response.content_part.added", **place, "part": part | {"text": ""}}
    for number in range(_DELTAS):
        yield {"type": "response.output_text.delta", **place, "delta": _delta(stream, number)}
    yield {"type": "response.output_text.done", **place, "text": part["text"]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    done = answer | {"status": "completed", "output": [item], "usage": usage}
    yield {"type": "response.completed", "response": done}


def encoded(stream: str) -> Iterator[bytes]:
    """Yield each event's bytes: with its number, its mark and its time, the last one with the hash of all before it."""
    before = hashlib.sha256()
    for number, event in enumerate(events(stream)):
        fields = {**event, "sequence_number": number, "obfuscation": mark(stream, number)}
        if number == EVENTS - 1:
            fields["sha256"] = before.hexdigest()
        fields["sent"] = time.monotonic_ns()
        data = f"event: {event['type']}\ndata: {json.dumps(fields, separators=(',', ':'))}\n\n".encode()
        before.update(data)
        yield data


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests until it closes."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            query = dict(parse_qsl(urlsplit(head.split(b" ", 2)[1].decode()).query))
            digest = await _read_body(reader, _length(head))
            if query["answer"] == "stream":
                await _send_events(writer, query.get("id", ""), float(query.get("pace", "0")))
            elif query["answer"] == "bytes":
                await _send_bytes(writer, int(query["bytes"]))
            else:
                answer = json.dumps({"sha256": digest}).encode()
                writer.write(_head("application/json", f"Content-Length: {len(answer)}") + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def _read_body(reader: asyncio.StreamReader, length: int) -> str:
    digest = hashlib.sha256()
    while length:
        data = await reader.read(min(length, 1 << 18))
        if not data:
            raise asyncio.IncompleteReadError(b"", length)
        digest.update(data)
        length -= len(data)
    return digest.hexdigest()


def _head(content_type: str, framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{framing}\r\n\r\n".encode()


async def _send_events(writer: asyncio.StreamWriter, stream: str, pace: float) -> None:
    """Send each event by itself, as models do."""
    writer.write(_head("text/event-stream", "Transfer-Encoding: chunked"))
    for data in encoded(stream):
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        if pace:
            await asyncio.sleep(pace)
    writer.write(b"0\r\n\r\n")


async def _send_bytes(writer: asyncio.StreamWriter, size: int) -> None:
    writer.write(_head("text/plain", f"Content-Length: {size}"))
    for position in range(0, size, len(BLOCK)):
        writer.write(BLOCK[: size - position])
        await writer.drain()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        # Whoever started this one holds the other end, and is gone when it closes.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
