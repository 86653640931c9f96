"""A TCP proxy in front of a server of S3 that notes every request, and does wrong to those that a test chooses."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

_SECONDS = 30
SLOW_DOWN = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
ACCESS_DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
NOT_IMPLEMENTED = b"<?xml version='1.0'?><Error><Code>NotImplemented</Code><Message>no such header</Message></Error>"


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with requests of one kind."""

    kind: str
    """Pattern of `METHOD /path?query`."""
    times: int = 1
    passed: int = 0
    """So many requests of the kind pass before."""
    cut_after: int | None = None
    """Bytes of the body that arrive before the connection is cut."""
    answer: tuple[int, bytes] | None = None
    """Status and body that the proxy answers itself."""
    header: bytes | None = None
    """Only requests with this in their head."""
    flip: int | None = None
    """Offset of a byte of the body that arrives changed."""
    delay: float = 0.0
    lose_answer: bool = False
    """The server has done it, and the client never hears of it."""
    before: Callable[[], None] | None = None
    """Called before the server gets the request."""

    def hits(self, line: str, head: bytes) -> bool:
        """Check whether a request is to go wrong, and count it."""
        if not self.times or not re.search(self.kind, line) or (self.header and self.header not in head.lower()):
            return False
        if self.passed:
            self.passed -= 1
            return False
        self.times -= 1
        return True


@dataclass
class FaultyProxy:
    """A proxy that is running."""

    upstream: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)
    """Of each request that came to its end: `METHOD /path?query`, and the bytes of its body."""
    endpoint: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, kind: str) -> list[int]:
        """Return the sizes of what was sent in requests of a kind."""
        return [size for line, size in self.requests if re.search(kind, line)]

    def serve(self, client: socket.socket) -> None:
        """Pass on the requests of one connection, one after another."""
        with suppress(OSError, ValueError), client, socket.create_connection(self.upstream, _SECONDS) as server:
            client.settimeout(_SECONDS)
            from_client, from_server = client.makefile("rb"), server.makefile("rb")
            while head := _head(from_client):
                line = " ".join(head.split(b"\r\n", 1)[0].decode().split()[:2])
                with self._lock:
                    fault = next((one for one in self.faults if one.hits(line, head)), None)
                if not self._pass_on(line, head, fault, client, server, from_client, from_server):
                    return

    def _pass_on(
        self,
        line: str,
        head: bytes,
        fault: Fault | None,
        client: socket.socket,
        server: socket.socket,
        from_client: BinaryIO,
        from_server: BinaryIO,
    ) -> bool:
        """Pass on one request and its answer; return False where the connection is to be cut."""
        length = _length(head)
        if b"100-continue" in head.lower():
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = re.sub(rb"(?i)expect: 100-continue\r\n", b"", head)
        if fault and fault.before:
            fault.before()
        if fault and fault.cut_after is not None:
            from_client.read(min(fault.cut_after, length))
            return False
        body = from_client.read(length)
        if len(body) < length:
            return False
        self.requests.append((line, length))
        if fault:
            time.sleep(fault.delay)
            if fault.answer:
                status, text = fault.answer
                client.sendall(b"HTTP/1.1 %d Fault\r\nContent-Length: %d\r\n\r\n%b" % (status, len(text), text))
                return True
            if fault.flip is not None:
                body = body[: fault.flip] + bytes([body[fault.flip] ^ 1]) + body[fault.flip + 1 :]
        server.sendall(head + body)
        answer = _head(from_server)
        has_body = not line.startswith("HEAD ")
        content = from_server.read(_length(answer)) if has_body else b""
        if fault and fault.lose_answer:
            return False
        client.sendall(answer + content)
        return b"connection: close" not in answer.lower()


def _head(file: BinaryIO) -> bytes:
    """Read the head of a message; nothing at the end of the connection."""
    lines = []
    while line := file.readline(1 << 16):
        lines.append(line)
        if line == b"\r\n":
            break
    return b"".join(lines)


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0


@contextmanager
def faulty_proxy(endpoint: str) -> Iterator[FaultyProxy]:
    """Run a proxy in front of a server until the end."""
    host, _, port = endpoint.partition("://")[2].rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = FaultyProxy((host, int(port)), endpoint=f"http://127.0.0.1:{listening.getsockname()[1]}")
        listening.settimeout(0.1)
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                with suppress(TimeoutError, OSError):
                    client, _ = listening.accept()
                    threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            ended.set()
            accepting.join(_SECONDS)
