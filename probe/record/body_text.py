"""The text of a body that is a JSON string in the record, decoded once for all that need it."""

from __future__ import annotations

from collections import deque

import msgspec

_last: deque[tuple[msgspec.Raw, str]] = deque(maxlen=2)
"""Of one exchange: its request's and its response's. The trace, the proof and the search for credentials follow."""


def string_of(body: msgspec.Raw) -> str:
    """Return the text of a body that is not read yet. Raises msgspec.DecodeError where it is no string."""
    for raw, text in _last:
        if raw is body:
            return text
    text = msgspec.json.decode(body, type=str)
    _last.append((body, text))
    return text


def text_size(text: str) -> int:
    """Return how many bytes a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
