"""Errors, and answers to side requests and warm-ups, for a replay."""

from __future__ import annotations

import json
import uuid
from typing import Any

from probe.renderers.errors import openai_error


def error_message(status: int, message: str) -> dict[str, Any]:
    """Return an error as the API writes it in a WebSocket message."""
    return {"type": "error", "status": status, **openai_error(status, message)}


def error_event(status: int, message: str) -> tuple[str, dict[str, Any]]:
    """Return the event with which a stream fails."""
    code = "rate_limit_exceeded" if status == 429 else "server_error"
    return "error", {"type": "error", "code": code, "message": message, "param": None, "sequence_number": 0}


def side_answer(path: str) -> dict[str, Any]:
    """Return a plausible empty answer to a request other than a model call."""
    if path.rstrip("/").rpartition("/")[2] == "models":
        # `data` is the public API's key; codex asks the same path and reads `models`.
        return {"object": "list", "data": [], "models": []}
    return {}


def warm_up_messages() -> tuple[str, ...]:
    """Return the shortest answer to a warm-up: an empty response with an id for the next call."""
    answer = {"id": f"resp_{uuid.uuid4().hex}", "object": "response", "output": []}
    created = {"type": "response.created", "response": {**answer, "status": "in_progress"}}
    completed = {"type": "response.completed", "response": {**answer, "status": "completed", "usage": None}}
    return json.dumps(created), json.dumps(completed)
