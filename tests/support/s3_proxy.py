"""A proxy in front of a server of S3 that counts what passes, answers with errors, and does something in between."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

_DROPPED = ("connection", "transfer-encoding", "content-length")
_BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Passed(NamedTuple):
    """One request."""

    method: str
    path: str
    """With its query."""
    status: int
    answered: int
    """Bytes of the answer's body."""


@dataclass
class S3Proxy:
    """A proxy that is running."""

    endpoint: str
    passed: list[Passed] = field(default_factory=list)
    busy: Callable[[str, str], bool] = lambda method, path: False
    """Whether a request is answered with 503."""
    before: Callable[[str, str], None] = lambda method, path: None
    """Called before a request is passed on."""

    def read(self, name: str) -> int:
        """Return how many bytes of the objects that end with a name were read."""
        return sum(one.answered for one in self.passed if one.method == "GET" and _name(one.path).endswith(name))

    def count(self, method: str, name: str = "") -> int:
        """Return how many requests of a method there were for objects that end with a name."""
        return sum(one.method == method and _name(one.path).endswith(name) for one in self.passed)

    def clear(self) -> None:
        """Forget what has passed."""
        self.passed.clear()


def _name(path: str) -> str:
    return urlsplit(path).path


@contextlib.contextmanager
def s3_proxy(upstream: str) -> Iterator[S3Proxy]:
    """Run a proxy in front of a server until the end."""
    host = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            proxy.before(self.command, self.path)
            if proxy.busy(self.command, self.path):
                self.answer(503, [("content-type", "application/xml")], _BUSY)
                return
            with contextlib.closing(HTTPConnection(host, timeout=60)) as upstream:
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                data = answer.read()
                headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _DROPPED]
                length = answer.getheader("content-length") if self.command == "HEAD" else None
                self.answer(answer.status, headers, data, length)

        def answer(self, status: int, headers: list[tuple[str, str]], data: bytes, length: str | None = None) -> None:
            self.send_response_only(status)
            for name, value in [*headers, ("content-length", length or str(len(data)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            proxy.passed.append(Passed(self.command, self.path, status, len(data)))

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = S3Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
