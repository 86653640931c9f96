"""What a call of the Responses API and the events of its answer look like, whatever carried them."""

from __future__ import annotations

import json
import re
from typing import Any

from probe.renderers.turn import Input

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete", "error"})
"""The events by which the API itself ends an answer; `error` ends one that could not begin."""

_LINE_END = re.compile("\r\n|\n|\r")  # str.splitlines() would also cut at U+2028, which JSON may hold


def parsed(text: str) -> Any:
    """Parse JSON; None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def event_of(text: str) -> dict[str, Any]:
    """Parse one event's data; an empty event when it is no JSON object."""
    event = parsed(text)
    return event if isinstance(event, dict) else {}


def kind_of(event: dict[str, Any]) -> str:
    """Give an event's type, or "message" (an event stream's own default) when it has none."""
    kind = event.get("type")
    return kind if isinstance(kind, str) and not _LINE_END.search(kind) else "message"


def ends(text: str) -> bool:
    """Tell whether an event's data is the API's own end of an answer."""
    return kind_of(event_of(text)) in ENDS


def as_stream_event(text: str) -> str:
    """Give a WebSocket message the form in which the HTTP API would have streamed it."""
    return f"event: {kind_of(event_of(text))}\ndata: " + "\ndata: ".join(_LINE_END.split(text)) + "\n\n"


def call_fields(request: Any) -> dict[str, Any]:
    """Give the fields of a call; a `response.create` may hold them itself or under `response`."""
    if not isinstance(request, dict):
        return {}
    wrapped = request.get("response")
    if request.get("type") == "response.create" and isinstance(wrapped, dict):
        return {**request, **wrapped}
    return request


def is_warm_up(request: Any) -> bool:
    """Tell whether a call asks for no answer: it only makes the API load its context."""
    return call_fields(request).get("generate") is False


def full_input(request: Any, known: dict[str, Input]) -> Input | None:
    """Rebuild the input as the model sees it; `known` holds what stands behind each earlier answer's id."""
    fields = call_fields(request)
    given, previous = fields.get("input"), fields.get("previous_response_id")
    if not fields or fields.get("conversation"):
        return None  # a conversation's items lie with the API
    if not previous:
        return Input(_items(given))
    behind = known.get(previous) if isinstance(previous, str) else None
    return None if behind is None else Input(_items(given), behind)


def _items(given: Any) -> list[Any]:
    if given is None or isinstance(given, list):
        return given or []
    # A string is the API's short form of one user message.
    return [{"type": "message", "role": "user", "content": given}]
