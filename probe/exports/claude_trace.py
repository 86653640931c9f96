"""Write a run as the JSON lines of claude-trace: a pair of request and response each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probe.exports.bodies import has_body, is_json, joined_headers, stored_chunks, value_of
from probe.exports.exported_record import ExportedRecord
from probe.exports.json_chunks import LongText, decoded, json_chunks
from probe.record.exchange import Exchange, Payload, Response
from probe.record.files import private_file
from probe.record.runs import Run
from probe.targets.target import Target

UNANSWERED = "ORPHANED_REQUEST - No matching response received"


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write a run; return what the format cannot hold of it."""
    record = ExportedRecord(run.traffic)
    with private_file(out) as file:
        for exchange in record:
            file.writelines(json_chunks(_pair(exchange, run.traffic)))
            file.write("\n")
    return record.losses("claude-trace")


def _pair(exchange: Exchange, source: Path) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    note = exchange.error or (None if response else UNANSWERED)
    return {
        "request": {
            "timestamp": exchange.timestamp,
            "method": request.method,
            "url": request.url,
            "headers": joined_headers(request.headers),
            "body": _body(request, source),
        },
        "response": _response(response, exchange, source) if response else None,
        "logged_at": datetime.fromtimestamp(exchange.ended, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        **({"note": note} if note else {}),
    }


def _response(response: Response, exchange: Exchange, source: Path) -> dict[str, Any]:
    head = {
        "timestamp": exchange.timestamp if response.started is None else response.started,
        "status_code": response.status_code,
        "headers": joined_headers(response.headers),
    }
    if not has_body(response):
        return head
    return head | {"body" if is_json(response) else "body_raw": _body(response, source)}


def _body(payload: Payload, source: Path) -> Any:
    """Return parsed JSON as it is, any other body as text."""
    if not has_body(payload):
        return None
    return value_of(payload) if is_json(payload) else LongText(lambda: decoded(stored_chunks(payload, source)))
