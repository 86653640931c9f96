"""JSON in the one form in which equal values are equal bytes, and numbers that equal texts share."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode


def canonical_json(value: Any) -> bytes:
    """Return a value as JSON with sorted keys, whatever it is."""
    try:
        return _encode(value)
    except (UnicodeEncodeError, RecursionError):
        # A lone surrogate has no UTF-8 form.
        return repr(value).encode("utf-8", "backslashreplace")


def number_of(text: str | bytes) -> int:
    """Return a number that equal texts share."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return int.from_bytes(sha256(data).digest()[:8], "big")
