"""A turn: one call of the model with its answer, whatever transport carried it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One POST, or one `response.create` on a WebSocket, with its answer."""

    path: str
    """URL path of the endpoint, without the query."""
    request: Any
    """The request's body as sent: parsed JSON, or text where it was none."""
    full_input: list[Any] | None
    """All input items as the model sees them, those behind `previous_response_id` included; None where they
    cannot be told."""
    warm_up: bool
    """True for a call that asks for no answer (`generate: false`)."""
    websocket: bool
    """True when the turn went over a WebSocket."""
    status_code: int | None
    """None when no answer came; 200 for an answered WebSocket turn."""
    content_type: str | None
    """Media type of the answer in its HTTP form."""
    response: Any
    """The answer in its HTTP form: text of an event stream, parsed JSON, or text; None when none came."""
    messages: tuple[str, ...]
    """The answer as WebSocket messages; empty for an HTTP turn."""
    complete: bool
    """True when the API's own end of an answer arrived (completed, failed, incomplete, or a whole body)."""
    started: float
    """When the request was sent, in epoch seconds."""
    ended: float | None
    """When the last of the answer arrived; None when none came."""
