"""Be a plain HTTP client that leaves no byte to chance: no retries, no decoding, no hidden headers of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    """Still content-encoded."""


def connect(url: str) -> HTTPConnection:
    """Make a connection to a URL's host, with a time-out."""
    parts = urlsplit(url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)


def ask(
    url: str,
    body: bytes | Iterable[bytes] | None = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request and read its whole answer; a body in pieces is sent in chunks."""
    with closing(connect(url)) as connection:
        response = begin(connection, url, body, method=method, headers=headers)
        return Answer(status=response.status, headers=response.getheaders(), body=response.read())


def begin(
    connection: HTTPConnection,
    url: str,
    body: bytes | Iterable[bytes] | None = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> HTTPResponse:
    """Send a request and give its answer, of which only the head was read."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(method, path, body, dict(headers or {}))
    return connection.getresponse()


def read_until(response: HTTPResponse, mark: bytes) -> bytes:
    """Read an answer piece by piece until a mark has come, or its end."""
    data = b""
    while mark not in data and (piece := response.read1(65536)):
        data += piece
    return data
