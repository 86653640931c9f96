"""Be an upstream on loopback whose answer to each path is written by the test: resets, empty answers, held streams."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STEP_SECONDS = 10.0
"""No step of a test's conversation waits longer for the next."""


class Handler(BaseHTTPRequestHandler):
    """One connection; a script writes the answer with `head`, `chunk` and `end`."""

    protocol_version = "HTTP/1.1"
    timeout = STEP_SECONDS
    server: Upstream

    def __getattr__(self, name: str) -> Any:
        """Take every method, whatever its name."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        self.server.seen.append((self.command, self.path, list(self.headers.items())))
        self.server.scripts[self.path.partition("?")[0]](self)

    def head(self, status: int = 200, *headers: tuple[str, str]) -> None:
        """Send the head of the answer."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def stream(self, content_type: str = "text/event-stream") -> None:
        """Send the head of an answer in chunks."""
        self.head(200, ("Content-Type", content_type), ("Transfer-Encoding", "chunked"))

    def chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one is the end."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def request_chunk(self) -> bytes:
        """Read one chunk of the request; an empty one is the end."""
        data = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return data

    def whole(self, data: bytes, *headers: tuple[str, str]) -> None:
        """Read the whole request, then send an answer with a length."""
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.head(200, ("Content-Length", str(len(data))), *headers)
        self.wfile.write(data)

    def reset(self) -> None:
        """Break the connection off, as a crash does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closing waits for the files that were made of a socket; its bare number is closed at once.
        socket.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Print nothing."""


Script = Callable[[Handler], None]


class Upstream(ThreadingHTTPServer):
    """The server; it counts its connections and remembers the requests."""

    daemon_threads = True

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scripts = scripts
        self.connections = 0
        self.seen: list[tuple[str, str, list[tuple[str, str]]]] = []

    @property
    def url(self) -> str:
        """Return the address without any path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[Any, Any]:
        """Count a connection."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_: object) -> None:
        """Print nothing about a client that has left."""


@contextmanager
def upstream_running(scripts: Mapping[str, Script]) -> Iterator[Upstream]:
    """Serve scripts by path in a background thread."""
    with Upstream(scripts) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(STEP_SECONDS)
