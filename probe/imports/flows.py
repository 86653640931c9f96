"""Read flows of mitmproxy, of any version that it can still convert, one by one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import probe.addon.mitmproxy_fixes.slim_import  # noqa: F401 - before mitmproxy

# isort: split
from mitmproxy import http
from mitmproxy.flow import Flow
from mitmproxy.io import compat, tnetstring

from probe.addon.flow_facts import as_text, text_fields
from probe.exports.flows import url_of
from probe.imports.decoding import LONGEST
from probe.imports.source import (
    Source,
    SourceConversation,
    SourceExchange,
    SourceFrame,
    SourceRequest,
    SourceResponse,
)
from probe.record.record_facts import KEY, RecordFacts, read_facts

MISSING = ("when each piece arrived",)
_DIGITS = 12
_SIDES = {True: "client", False: "server", None: None}


def read(path: Path) -> Source:
    """Return the exchanges of a file."""
    source = Source(exchanges=iter(()), written_by="mitmproxy")
    source.exchanges = _exchanges(path, source)
    return source


def _exchanges(path: Path, source: Source) -> Iterator[SourceExchange]:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while (place := file.tell()) < size:
            try:
                length = _length(file, size)
            except ValueError as error:
                source.seen += 1
                source.problem(f"flow {source.seen} (byte {place}): {error}; what is behind it cannot be read")
                return
            begin = file.tell()
            found = _flow(file, length, place, source)
            file.seek(begin + length + 1)
            if found is not None:
                yield found


def _length(file: BinaryIO, size: int) -> int:
    """Read the length of the next flow. Raises ValueError where there is none, or the file is shorter."""
    digits = b""
    while (one := file.read(1)).isdigit() and len(digits) < _DIGITS:
        digits += one
    if one != b":" or not digits:
        raise ValueError("no flow begins here")
    if int(digits) + 1 > size - file.tell():
        raise ValueError(f"the file is cut short: {int(digits):,} bytes are announced, {size - file.tell():,} follow")
    return int(digits)


def _flow(file: BinaryIO, length: int, place: int, source: Source) -> SourceExchange | None:
    try:
        if length > LONGEST:
            raise ValueError(f"it has {length:,} bytes; {LONGEST:,} can be read")
        data = b"%d:" % length + file.read(length + 1)
        state: Any = tnetstring.loads(data)
        if not isinstance(state, dict):
            raise TypeError("it is no flow")
        flow = Flow.from_state(compat.migrate_flow(state))
        if not isinstance(flow, http.HTTPFlow):
            source.lacks(f"HTTP: it is a flow of {flow.type}, and left out")
            return None
        source.seen += 1
        return _exchange(flow, source)
    except Exception as error:  # mitmproxy's own reader raises anything on a file that it did not write
        source.seen += 1
        source.problem(f"flow {source.seen} (byte {place}): {type(error).__name__}: {str(error)[:200]}")
        return None


def _exchange(flow: http.HTTPFlow, source: Source) -> SourceExchange:
    facts = _facts(flow.metadata.get(KEY))
    url = facts.url if facts and facts.url else as_text(url_of(flow.request).encode("utf-8", "surrogateescape"))
    fields = _message(flow.request, source)
    # Its property gives it in upper case.
    method = as_text(flow.request.data.method)
    request = SourceRequest(method=method, url=url, **fields)
    response = None
    if flow.response:
        fields = _message(flow.response, source)
        response = SourceResponse(status_code=flow.response.status_code, reason=flow.response.reason, **fields)
    return SourceExchange(
        started=facts.timestamp if facts else flow.request.timestamp_start,
        request=request,
        response=response,
        conversation=_conversation(flow),
        error=flow.error.msg if flow.error else None,
        id=flow.id,
        facts=facts,
    )


def _facts(value: object) -> RecordFacts | None:
    try:
        return read_facts(json.loads(value)) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None


def _message(message: http.Message, source: Source) -> dict[str, Any]:
    if message.raw_content is None:
        source.lacks("a body, which mitmproxy did not keep")
    return {
        "headers": text_fields(message.headers),
        "body": message.raw_content or b"",
        "encoding": message.headers.get("content-encoding", ""),
        "wire_size": len(message.raw_content or b""),
        "http_version": message.http_version,
        "started": message.timestamp_start,
        "ended": message.timestamp_end,
        "trailers": text_fields(message.trailers) if message.trailers else (),
    }


def _conversation(flow: http.HTTPFlow) -> SourceConversation | None:
    if flow.websocket is None:
        return None
    data = flow.websocket
    frames = [
        SourceFrame(from_client=one.from_client, is_text=one.is_text, content=one.content, timestamp=one.timestamp)
        for one in data.messages
    ]
    return SourceConversation(
        frames=frames,
        close_code=data.close_code,
        close_reason=data.close_reason,
        closed_by=_SIDES[data.closed_by_client],
        ended=data.timestamp_end,
    )
