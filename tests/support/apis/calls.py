"""What all APIs have in common: a call of the model, its answer, and ids that can be repeated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
FIRST_SECOND = 1_750_000_000
"""When the first answer was made: fixed, so that two recordings agree."""
PIECE = 7
"""Characters of a delta."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One posted call of the model."""

    path: str
    """Unquoted, without the query."""
    query: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back, piece by piece."""

    pieces: Sequence[bytes]
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def whole(value: Any) -> Answer:
    """Answer with one JSON document."""
    return Answer(pieces=[json.dumps(value).encode()])


def stream(events: Iterable[Any], *, named: bool = True, end: str = "") -> Answer:
    """Answer with server-sent events, one piece each; their names, where the API gives some, are their types."""
    pieces = [(f"event: {event['type']}\n" if named else "") + f"data: {compact(event)}\n\n" for event in events]
    return Answer(pieces=[piece.encode() for piece in (*pieces, end) if piece], content_type=SSE)


def compact(event: Any) -> str:
    """Write JSON as the APIs do: no spaces, and text beyond ASCII as it is."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def cut(text: str) -> list[str]:
    """Cut a text into the pieces of its deltas."""
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def ident(prefix: str, *numbers: int) -> str:
    """Make an id that looks like an API's and depends on the numbers alone."""
    seed = ".".join(map(str, (prefix, *numbers)))
    return f"{prefix}_{hashlib.sha256(seed.encode()).hexdigest()[:48]}"


def texts(content: Any) -> str:
    """Return the text of a message's content: a text, or parts of which some have one."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or "") for part in content or () if isinstance(part, dict))
