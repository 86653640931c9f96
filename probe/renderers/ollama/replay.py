"""What a replay answers by itself: errors, and requests that are no model call."""

from __future__ import annotations

from typing import Any


def error_answer(message: str) -> dict[str, Any]:
    """Return an error as the API writes it."""
    return {"error": message}


def side_answer(path: str) -> Any:
    """Return a plausible empty answer."""
    return {"models": []} if path.rstrip("/").endswith(("/api/tags", "/api/ps")) else {}
