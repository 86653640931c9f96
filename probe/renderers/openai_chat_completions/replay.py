"""What a replay answers by itself: errors, and requests that are no model call."""

from __future__ import annotations

from typing import Any


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Return an error as the API writes it in an HTTP answer."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def side_answer(path: str) -> Any:
    """Return a plausible empty answer."""
    return {"object": "list", "data": []} if path.rstrip("/").endswith("/models") else {}
