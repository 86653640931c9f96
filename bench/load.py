"""The client in front of every contender: `python -m bench.load JSON` does some work and prints what it saw.

It needs only the standard library, keeps its connections open as agents do, and checks every byte that it gets.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.upstream import BLOCK, EVENTS, PATH, mark

KEY = "sk-bench-0123456789abcdefghijklmnopqrstuvwxyz"
"""Sent with every request: a proxy that redacts has something to look for."""
_MESSAGE = {"type": "message", "role": "user"}
_REQUEST = {"model": "bench-1", "stream": True, "input": [_MESSAGE | {"content": "hello " * 300}]}
_TEXT = "def add(a: int, b: int) -> int:\n    return a + b  # “adds” two numbers\n" * 400
_LIMIT = 1 << 20
_EXCHANGE_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one process of this module does."""

    kind: str
    """`stream`, `upload` or `download`."""
    port: int
    count: int
    """Exchanges in all."""
    connections: int = 1
    name: str = ""
    """Begins the id of every stream."""
    pace: float = 0.0
    """Seconds between two events."""
    size: int = 0
    """Bytes of an upload or download."""


@dataclass(kw_only=True)
class Seen:
    """What came back; times are in milliseconds."""

    first: list[float] = field(default_factory=list)
    """For each stream, how long it took from the request to the first bytes of events."""
    lags: list[float] = field(default_factory=list)
    """For each event, how long it was under way."""
    streams: list[str] = field(default_factory=list)
    """SHA-256 of each stream's bytes."""
    uploads: list[str] = field(default_factory=list)
    """SHA-256 of each large request's body."""
    failures: list[str] = field(default_factory=list)
    """In words, one for each exchange that went wrong."""


class WrongAnswerError(Exception):
    """What came back is not what was sent."""


async def run(work: Work) -> Seen:
    """Do all the work over some connections at once."""
    seen = Seen()
    numbers = iter(range(work.count))
    await asyncio.gather(*[_connection(work, numbers, seen) for _ in range(work.connections)])
    return seen


async def _connection(work: Work, numbers: Iterator[int], seen: Seen) -> None:
    """Do one exchange after the other, over one connection while it lasts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", work.port, limit=_LIMIT)
    for number in numbers:
        try:
            async with asyncio.timeout(_EXCHANGE_SECONDS):
                await _EXCHANGES[work.kind](work, number, reader, writer, seen)
        except (OSError, EOFError, ValueError, LookupError, WrongAnswerError) as error:
            seen.failures.append(f"{type(error).__name__}: {error}")
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", work.port, limit=_LIMIT)
    writer.close()


def _head(method: str, query: str, port: int, length: int) -> bytes:
    return (
        f"{method} {PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\nAccept: */*\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def _read_head(reader: asyncio.StreamReader) -> int:
    """Read an answer's head; give its content-length, 0 without."""
    head = await reader.readuntil(b"\r\n\r\n")
    if head.split(b" ", 2)[1] != b"200":
        raise WrongAnswerError(head.split(b"\r\n")[0].decode(errors="replace"))
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


# -- streams --------------------------------------------------------------------------------------------------


async def _stream(
    work: Work, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen
) -> None:
    name = f"{work.name}-{number}"
    body = json.dumps(_REQUEST).encode()
    asked = time.monotonic_ns()
    writer.write(_head("POST", f"answer=stream&id={name}&pace={work.pace}", work.port, len(body)) + body)
    if await _read_head(reader):
        raise WrongAnswerError("the answer is not a stream")
    arrivals: list[tuple[int, int]] = []
    wire = bytearray()
    # Every event ends with \n\n, so \r\n\r\n is at the end of the last chunk only.
    while not wire.endswith(b"0\r\n\r\n"):
        data = await reader.read(1 << 16)
        if not data:
            raise EOFError("the stream broke off")
        wire += data
        arrivals.append((time.monotonic_ns(), len(wire)))
    body, ends = unchunked(bytes(wire))
    seen.streams.append(checked(body, name))
    seen.first.append((arrivals[0][0] - asked) / 1e6)
    if work.pace:
        seen.lags += lags(body, ends, arrivals)


def unchunked(wire: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Return the body of a chunked answer, and where each chunk ends in the body and on the wire."""
    body, position = bytearray(), 0
    ends: list[tuple[int, int]] = []
    while True:
        line = wire.index(b"\r\n", position)
        size = int(wire[position:line].split(b";")[0], 16)
        if not size:
            return bytes(body), ends
        position = line + 2 + size
        body += wire[line + 2 : position]
        ends.append((len(body), position))
        position += 2


def checked(body: bytes, name: str) -> str:
    """Compare a stream with the hash that its last event carries; give the hash of the whole."""
    end = body.rindex(b"event: ")
    last = _data(body[end:])
    if last["sha256"] != hashlib.sha256(body[:end]).hexdigest() or last["obfuscation"] != mark(name, EVENTS - 1):
        raise WrongAnswerError("the stream is not the one that the server sent")
    return hashlib.sha256(body).hexdigest()


def lags(body: bytes, ends: Iterable[tuple[int, int]], arrivals: Iterable[tuple[int, int]]) -> Iterator[float]:
    """Yield for each event how many milliseconds lay between its sending and the arrival of its last byte."""
    ends, arrivals = list(ends), list(arrivals)
    position = 0
    while position < len(body):
        begin, position = position, body.index(b"\n\n", position) + 2
        # The last byte of the event is as far before the end of its chunk on the wire as in the body.
        wire = next(on_wire - (in_body - position) for in_body, on_wire in ends if in_body >= position)
        arrived = next(moment for moment, length in arrivals if length >= wire)
        yield (arrived - _data(body[begin:position])["sent"]) / 1e6


def _data(event: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(event.split(b"data: ", 1)[1])
    return data


# -- large bodies ---------------------------------------------------------------------------------------------


async def _upload(
    work: Work, _number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen
) -> None:
    digest = hashlib.sha256()
    writer.write(_head("POST", "answer=hash", work.port, work.size))
    for block in conversation(work.size):
        writer.write(block)
        await writer.drain()
        digest.update(block)
    answer = json.loads(await reader.readexactly(await _read_head(reader)))
    if answer["sha256"] != digest.hexdigest():
        raise WrongAnswerError("the server got other bytes than were sent")
    seen.uploads.append(digest.hexdigest())


def conversation(size: int) -> Iterator[bytes]:
    """Yield a request of exactly `size` bytes as it is after many turns: JSON, compact as agents write it."""
    begin, end = b'{"model":"bench-1","stream":false,"input":[', b"]}"
    length, shortest = len(_message(f"{0:08}{_TEXT}")) + 1, len(_message(""))
    count, rest = divmod(size - len(begin) - shortest - len(end), length)
    yield begin
    for number in range(count):
        yield _message(f"{number:08}{_TEXT}") + b","
    yield _message("x" * rest) + end


def _message(text: str) -> bytes:
    return json.dumps(_MESSAGE | {"content": text}, ensure_ascii=False, separators=(",", ":")).encode()


async def _download(
    work: Work, _number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _seen: Seen
) -> None:
    writer.write(_head("GET", f"answer=bytes&bytes={work.size}", work.port, 0))
    left = await _read_head(reader)
    got, sent = hashlib.sha256(), hashlib.sha256()
    while left:
        data = await reader.read(min(left, 1 << 18))
        if not data:
            raise EOFError(f"{left} bytes are missing")
        got.update(data)
        left -= len(data)
    for position in range(0, work.size, len(BLOCK)):
        sent.update(BLOCK[: work.size - position])
    if got.digest() != sent.digest():
        raise WrongAnswerError("other bytes than the server sent")


_EXCHANGES: dict[str, Any] = {"stream": _stream, "upload": _upload, "download": _download}


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(run(Work(**json.loads(sys.argv[1])))))))
