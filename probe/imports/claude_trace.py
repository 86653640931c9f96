"""Read the JSON lines of claude-trace: a pair of request and response each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from probe.exports.claude_trace import UNANSWERED
from probe.imports.json_lines import json_body, pairs, read_lines
from probe.imports.source import Source, SourceExchange, SourceRequest, SourceResponse

MISSING = (
    "when each piece arrived, when the request ended, HTTP versions, reason phrases and sizes on the wire",
    "how JSON was written: bodies are JSON values that claude-trace has parsed and written again",
    "credentials in headers: claude-trace keeps their first ten and last four characters",
    "calls that got no answer because of an error, and WebSockets",
)
_Headers = dict[str, str | list[str] | float | None]
_NULL = msgspec.Raw(b"null")


class _Request(msgspec.Struct):
    timestamp: float
    url: str
    method: str = "GET"
    headers: _Headers = {}
    body: msgspec.Raw = _NULL


class _Response(msgspec.Struct):
    status_code: int
    timestamp: float | None = None
    headers: _Headers = {}
    body: msgspec.Raw = _NULL
    body_raw: str | None = None


class _Line(msgspec.Struct):
    request: _Request
    response: _Response | None = None
    logged_at: str | None = None
    note: str | None = None


def read(path: Path) -> Source:
    """Return the exchanges of a file."""
    source = Source(exchanges=iter(()))
    source.exchanges = read_lines(path, _Line, _exchange, source)
    return source


def _exchange(line: _Line, source: Source) -> SourceExchange:
    """Return the exchange of a line. Raises ValueError."""
    request, response = line.request, line.response
    unanswered = "no answer came" if response is None else None
    return SourceExchange(
        started=request.timestamp,
        request=SourceRequest(
            method=request.method,
            url=request.url,
            headers=pairs(request.headers),
            body=json_body(request.body, strings_are_text=True),
            started=request.timestamp,
        ),
        response=_response(response, _logged(line)) if response else None,
        error=(None if line.note == UNANSWERED else line.note) or unanswered,
    )


def _response(response: _Response, ended: float | None) -> SourceResponse:
    raw = response.body_raw
    return SourceResponse(
        status_code=response.status_code,
        headers=pairs(response.headers),
        body=json_body(response.body, strings_are_text=False) if raw is None else raw.encode(),
        started=response.timestamp,
        ended=ended or response.timestamp,
    )


def _logged(line: _Line) -> float | None:
    """Return when the pair was written: after the end of the answer. Raises ValueError."""
    return datetime.fromisoformat(line.logged_at).timestamp() if line.logged_at else None
