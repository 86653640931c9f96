"""Write a run as the JSON lines of claude-tap: a record each, streams and WebSockets as lists of events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from probe.exports.bodies import (
    has_body,
    is_event_stream,
    is_json,
    joined_headers,
    stored_chunks,
    stream_events,
    value_of,
)
from probe.exports.exported_record import ExportedRecord
from probe.exports.json_chunks import LongList, LongText, decoded, json_chunks
from probe.exports.stream_answer import Answers
from probe.record.exchange import Payload, Request, Response, UnreadExchange, WebSocket
from probe.record.files import private_file
from probe.record.runs import Run
from probe.renderers.loader import load_renderer
from probe.targets.finding import renderer_spec
from probe.targets.target import Target

DONE = "[DONE]"
"""The end of a chat's stream, which claude-tap leaves out."""


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write a run; return what the format cannot hold of it."""
    record = ExportedRecord(run.traffic)
    answers = Answers(load_renderer(renderer_spec(target)))
    with private_file(out) as file:
        for turn, exchange in enumerate(record, 1):
            file.writelines(json_chunks(_record(exchange, turn, run.traffic, answers)))
            file.write("\n")
    return record.losses("claude-tap")


def _record(exchange: UnreadExchange, turn: int, source: Path, answers: Answers) -> dict[str, Any]:
    url = urlsplit(exchange.request.url)
    response = exchange.response
    websocket = exchange.websocket
    made: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(exchange.ended, UTC).isoformat(),
        "request_id": exchange.id or f"req_{turn}",
        "turn": turn,
        "duration_ms": round((exchange.ended - exchange.timestamp) * 1000),
        **({"transport": "websocket"} if websocket else {}),
        "request": _request(exchange.request, websocket, source),
        "response": _response(response, source) if response else {"status": 0, "headers": {}, "body": None},
        "upstream_base_url": f"{url.scheme}://{url.netloc}",
    }
    if websocket:
        made["response"]["ws_events"] = LongList(lambda: _messages(websocket, "server"))
    if websocket or (response and is_event_stream(response)):
        made["response"]["body"] = answers.answer(exchange)
    if exchange.error:
        made["response"]["error"] = exchange.error
    return made


def _request(request: Request, websocket: WebSocket | None, source: Path) -> dict[str, Any]:
    url = urlsplit(request.url)
    made = {
        "method": "WEBSOCKET" if websocket else request.method,
        "path": url.path + (f"?{url.query}" if url.query else ""),
        "headers": joined_headers(request.headers),
        "body": _body(request, source),
    }
    if websocket:
        sent = list(_messages(websocket, "client"))
        # The viewer shows this as the prompt.
        made |= {"body": sent[-1] if sent else None, "ws_events": sent}
    return made


def _response(response: Response, source: Path) -> dict[str, Any]:
    made: dict[str, Any] = {"status": response.status_code, "headers": joined_headers(response.headers)}
    if is_event_stream(response):
        return made | {"body": None, "sse_events": LongList(lambda: _events(response, source))}
    return made | {"body": _body(response, source)}


def _body(payload: Payload, source: Path) -> Any:
    """Return parsed JSON as it is, any other body as text."""
    if not has_body(payload):
        return None
    return value_of(payload) if is_json(payload) else LongText(lambda: decoded(stored_chunks(payload, source)))


def _events(response: Response, source: Path) -> Iterator[dict[str, Any]]:
    for event in stream_events(response, source):
        if event.complete and event.data not in (None, DONE):
            yield {"event": event.type, "data": _parsed(event.data or "")}


def _messages(conversation: WebSocket, direction: str) -> Iterator[Any]:
    for message in conversation.messages:
        if message.direction == direction:
            value = _parsed(message.content) if message.type == "text" else None
            yield value if isinstance(value, dict) else {"raw": message.content}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
