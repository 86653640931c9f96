"""Errors and empty answers of the Messages API, for a replay."""

from __future__ import annotations

from typing import Any

from probe.renderers.anthropic_messages.request import is_call, is_count

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""https://docs.anthropic.com/en/api/errors"""


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Return an error as the API writes it."""
    return {"type": "error", "error": {"type": _ERROR_TYPES.get(status, "api_error"), "message": message}}


def error_event(status: int, message: str) -> tuple[str, dict[str, Any]]:
    """Return the event with which a stream fails."""
    return "error", error_answer(status, message)


def side_answer(method: str, path: str) -> Any | None:
    """Return a plausible empty answer to a request other than a model call; None for a model call."""
    if is_count(path):
        return {"input_tokens": 1}
    if is_call(method, path):
        return None
    if method == "GET" and path.rstrip("/").endswith(("/models", "/batches")):
        return {"data": [], "has_more": False, "first_id": None, "last_id": None}
    return {}
