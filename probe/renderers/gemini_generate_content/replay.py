"""Errors and empty answers, for a replay."""

from __future__ import annotations

from typing import Any

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""https://cloud.google.com/apis/design/errors#handling_errors"""


def error_answer(status: int, message: str) -> dict[str, Any]:
    """Return an error as the API writes it."""
    word = _STATUS.get(status) or ("INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
    return {"error": {"code": status, "message": message, "status": word}}


def context_error() -> dict[str, Any]:
    """Return the error to a request that is longer than the model's context."""
    message = "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."
    return error_answer(400, message)


def side_answer(path: str) -> Any:
    """Return a plausible empty answer."""
    path = path.rstrip("/")
    if path.endswith(":countTokens"):
        return {"totalTokens": 0}
    return {"models": []} if path.endswith("/models") else {}
