"""Write what Bedrock streams in binary frames: events of a model in chunks, exceptions, errors."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.support.apis.event_stream import frame

MEDIA_TYPE = "application/vnd.amazon.eventstream"


def chunk(event: dict[str, Any], padding: str = "abcd") -> bytes:
    """Write an event of a model as a chunk."""
    payload = {"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": padding}
    return event_frame("chunk", payload)


def event_frame(name: str, payload: dict[str, Any]) -> bytes:
    """Write an event whose payload is JSON."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload).encode())


def exception(name: str, message: str) -> bytes:
    """Write an exception that ends a stream."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message}).encode())


def error(code: str, message: str) -> bytes:
    """Write an error of the stream itself, which has its words in its headers."""
    return frame({":message-type": "error", ":error-code": code, ":error-message": message}, b"")
