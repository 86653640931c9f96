"""Look into bodies that may hold JSON as text."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec


def parsed(body: Any) -> Any:
    """Give the JSON that a text holds, or the body as it is."""
    if not isinstance(body, str) or body.lstrip()[:1] not in ("{", "["):
        return body
    try:
        return json.loads(body, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return body


def parsed_event(data: str) -> Any:
    """Give the JSON of one event or message, or its text."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return parsed(data)


def _finite(digits: str) -> float:
    """Read a number; raises ValueError for one that JSON could not show again (NaN, 1e999)."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is out of range")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; raises ValueError where a name repeats, since one of the values would not be seen."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name repeats")
    return found
