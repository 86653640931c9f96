"""Write small runs by hand, as the addon would: with sizes, hashes and pieces that fit."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from probe.addon.json_text import dumps
from probe.record.manifest import Manifest
from probe.record.runs import TRAFFIC, Run

STARTED = 1795224485.0


def body_fields(body: Any, kind: str, exact: str | None = None) -> dict[str, Any]:
    """Return the fields of a body; `exact` is the text of JSON that a compact dump would not give."""
    text = exact or (dumps(body) if kind == "json" else body)
    data = base64.b64decode(body) if kind == "base64" else text.encode()
    fields = {
        "body": None if kind == "none" else body,
        "body_kind": kind,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    more = {"body_text": exact} if exact else {}
    return fields | more | {"wire_size": len(data), "pieces": [[STARTED, 0], [STARTED + 0.5, len(data) // 2]]}


def exchange(
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    *,
    url: str = "https://api.openai.com/v1/responses",
    headers: dict[str, str] | None = None,
    answer_type: str = "text/event-stream",
    **more: Any,
) -> dict[str, Any]:
    """Return one record."""
    times = {"started": STARTED, "ended": STARTED + 1, "http_version": "HTTP/1.1"}
    asked = {"content-type": "application/json"} | (headers or {})
    request = (
        {"method": "POST", "url": url, "headers": asked} | times | (request or body_fields({"input": "hi"}, "json"))
    )
    answered = {"status_code": 200, "reason": "OK", "headers": {"content-type": answer_type}} | times
    answered |= response or body_fields("data: {}\n\n", "sse")
    record = {"schema": 1, "id": "1", "listener": "model", "timestamp": STARTED, "request": request}
    return record | {"response": answered, "error": None} | more


def message(content: str, direction: str = "server") -> dict[str, Any]:
    """Return one WebSocket message."""
    return {"timestamp": STARTED, "direction": direction, "type": "text", "content": content} | _hashed(
        content.encode()
    )


def _hashed(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def conversation(*messages: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a WebSocket."""
    end = {"close_code": 1000, "close_reason": None, "closed_by": "client", "ended": STARTED + 1}
    return exchange(body_fields("", "none"), body_fields("", "none"), websocket={"messages": [*messages]} | end)


def planted_run(folder: Path, /, *records: dict[str, Any], **facts: Any) -> Run:
    """Write a run of target codex."""
    folder.mkdir(mode=0o700, parents=True)
    numbered = [record | {"id": str(number)} for number, record in enumerate(records, 1)]
    (folder / TRAFFIC).write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in numbered))
    messages = sum(len(one.get("websocket", {}).get("messages", ())) for one in records)
    counts = {"seen": len(records), "written": len(records), "cut_short": 0, "websocket_messages": messages}
    manifest = Manifest(folder, {})
    manifest.update(
        **{
            "target": "codex",
            "run": folder.name,
            "started": "2026-11-21T01:28:04.990544Z",
            "ended": "2026-11-21T01:28:08.990544Z",
            "counts": counts,
            "traffic_sha256": hashlib.sha256((folder / TRAFFIC).read_bytes()).hexdigest(),
        }
        | facts
    )
    for name in (TRAFFIC, "manifest.json"):
        (folder / name).chmod(0o600)
    return Run(folder=folder, target="codex", manifest=manifest)
