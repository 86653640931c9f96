"""Be a forward proxy on loopback that tells what went through it, or leaked to it.

It reaches loopback alone: a host name is mapped to a local port, and any other is refused with 502.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.background import in_thread

IDLE_SECONDS = 60.0
"""No connection is kept longer: a test that hangs may not keep the proxy busy."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
_REASONS = {200: "OK", 400: "Bad Request", 407: "Proxy Authentication Required", 502: "Bad Gateway"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A CONNECT or a request in absolute form, as it reached the proxy."""

    method: str
    target: str
    """host:port of a CONNECT, else the whole URL."""
    headers: list[tuple[str, str]]
    body: bytes
    """As it crossed the wire, chunk frames included; empty for a CONNECT."""
    status: int
    """What the proxy made of it: 200, 407 without the right credentials, 502 for an unknown host."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(kw_only=True)
class ForwardProxy:
    """A local forward proxy; `async with ForwardProxy() as proxy` listens at `proxy.url`."""

    port: int = 0
    """0 takes a free one; it is known once the proxy runs."""
    hosts: Mapping[str, int] = field(default_factory=dict)
    """Host names and the local ports that stand for them; a loopback address stands for itself."""
    credentials: str | None = None
    """`user:password` to ask for, or None to let everybody in."""
    forward_plain: bool = True
    """False answers a request in absolute form with an empty 200 and passes nothing on."""

    def __post_init__(self) -> None:
        self.seen: list[Seen] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Return the proxy's address, credentials included."""
        user = f"{self.credentials}@" if self.credentials else ""
        return f"http://{user}127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task that can be cancelled."""
        task = asyncio.create_task(self._connection(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, which carries one tunnel or one request."""
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(IDLE_SECONDS):
                await self._request(reader, writer)
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request's head and body, log it, and open a tunnel or pass it on."""
        line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        headers = [(key, value.strip()) for key, _, value in (text.partition(":") for text in rest if text)]
        body = b"" if method == "CONNECT" else await _body(reader, headers)
        port = self._port(target if method == "CONNECT" else urlsplit(target).netloc)
        seen = Seen(method=method, target=target, headers=headers, body=body, status=self._status(headers, port))
        self.seen.append(seen)
        if seen.status != 200 or port is None or (method != "CONNECT" and not self.forward_plain):
            writer.write(_answer(seen.status))
            await writer.drain()
            return
        await self._pass_on(seen, port, reader, writer)

    async def _pass_on(self, seen: Seen, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect to the local port, then pass bytes both ways until one side ends."""
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.write(_answer(502))
            return
        if seen.method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far_writer.write(_origin_form(seen))
        both = [
            asyncio.create_task(_pump(reader, far_writer)),
            asyncio.create_task(_pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            far_writer.close()

    def _port(self, netloc: str) -> int | None:
        """Find the local port that stands for a host, or None."""
        host, _, port = netloc.rpartition("@")[2].rpartition(":")
        host, port = (host, port) if host else (port, "80")
        return int(port) if host in LOOPBACK else self.hosts.get(host)

    def _status(self, headers: list[tuple[str, str]], port: int | None) -> int:
        """Decide what to answer."""
        if self.credentials is not None:
            wanted = "Basic " + base64.b64encode(self.credentials.encode()).decode()
            if ("proxy-authorization", wanted) not in [(key.lower(), value) for key, value in headers]:
                return 407
        return 200 if port is not None or not self.forward_plain else 502


async def _body(reader: asyncio.StreamReader, headers: list[tuple[str, str]]) -> bytes:
    """Read a request's body by its length or its chunks."""
    fields = {key.lower(): value for key, value in headers}
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    return await reader.readexactly(int(fields.get("content-length", "0")))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a chunked body with its frames."""
    data = b""
    while True:
        line = await reader.readline()
        size = int(line.split(b";")[0], 16)
        data += line + await reader.readexactly(size + 2)
        if size == 0:
            return data


def _origin_form(seen: Seen) -> bytes:
    """Write a request as its own server expects it; one request a connection, so that all are logged."""
    parts = urlsplit(seen.target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    upgrade = seen.header("upgrade") is not None
    dropped = {"proxy-authorization", "proxy-connection"} | (set() if upgrade else {"connection"})
    lines = [f"{key}: {value}" for key, value in seen.headers if key.lower() not in dropped]
    lines += [] if upgrade else ["Connection: close"]
    return "\r\n".join([f"{seen.method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1") + seen.body


def _answer(status: int) -> bytes:
    """Write an empty answer that ends the connection."""
    more = 'Proxy-Authenticate: Basic realm="test"\r\n' if status == 407 else ""
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n"
    return head.encode()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on as they come."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def proxy_running(**options: Any) -> AbstractContextManager[ForwardProxy]:
    """Listen in a background thread; takes what `ForwardProxy` takes."""
    return in_thread(ForwardProxy(**options))
