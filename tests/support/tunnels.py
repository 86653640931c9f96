"""Be both ends of a tunnel: a client that goes through a forward proxy by CONNECT and counts, and a bare TCP server."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

SECONDS = 15.0


class Tunnel:
    """One connection through a proxy at `address` (host:port) to `target` (host:port)."""

    def __init__(self, address: str, target: str, *headers: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), SECONDS)
        self.socket.sendall("\r\n".join([f"CONNECT {target} HTTP/1.1", f"Host: {target}", *headers, "", ""]).encode())
        self.sent = self.received = 0
        head = b""
        # Byte by byte: what follows is the tunnel's.
        while not head.endswith(b"\r\n\r\n") and (byte := self.socket.recv(1)):
            head += byte
        self.status = int(head.split()[1]) if head else None

    def send(self, data: bytes) -> None:
        """Send bytes into the tunnel."""
        self.sent += len(data)
        self.socket.sendall(data)

    def receive(self) -> bytes:
        """Return what has come out of the tunnel; nothing at its end."""
        data = self.socket.recv(65536)
        self.received += len(data)
        return data

    def read(self, size: int = 1 << 62) -> bytes:
        """Read this many bytes, or up to the end."""
        data = b""
        while len(data) < size and (piece := self.receive()):
            data += piece
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


class Tls:
    """TLS inside a tunnel, by hand, so that each byte on the wire is counted."""

    def __init__(self, tunnel: Tunnel, context: ssl.SSLContext, name: str) -> None:
        self._tunnel = tunnel
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._until(self._object.do_handshake)

    @property
    def certificate(self) -> bytes | None:
        """Return the certificate that the other side showed."""
        return self._object.getpeercert(binary_form=True)

    def ask(self, request: bytes) -> bytes:
        """Send a request and read the answer up to its end."""
        self._until(lambda: self._object.write(request))
        answer = b""
        while piece := self._until(lambda: self._object.read(65536)):
            answer += piece
        return answer

    def _until(self, step: Callable[[], Any]) -> Any:
        """Take a step, with as much of the wire as it wants."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            finally:
                self._flush()

    def _flush(self) -> None:
        if data := self._out.read():
            self._tunnel.send(data)

    def _feed(self) -> None:
        if data := self._tunnel.receive():
            self._in.write(data)
        else:
            self._in.write_eof()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


@contextmanager
def serving(converse: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[int]:
    """Yield the port of a server that does this with each connection, and closes it."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(SECONDS)
            converse(self.request)

    server_class = type("_Server6", (_Server,), {"address_family": socket.AF_INET6}) if ":" in host else _Server
    with server_class((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(SECONDS)


def echo(connection: socket.socket) -> None:
    """Send everything back."""
    while data := connection.recv(65536):
        connection.sendall(data)
