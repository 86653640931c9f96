"""Look into bodies that may hold JSON as text."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import msgspec

from probe.addon.json_text import DEEPEST, too_deep, too_many_values
from probe.record.exchange import Payload


def parsed(body: Any) -> Any:
    """Give the JSON that a text holds, or the body as it is."""
    if not isinstance(body, str) or body.lstrip()[:1] not in ("{", "[") or too_many_values(body):
        return body
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return body
    return body if _too_deep(body, value) else value


def parsed_event(data: str) -> Any:
    """Give the JSON of one event or message, or its text."""
    if not data or too_many_values(data):
        return data
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return parsed(data)
    return data if _too_deep(data, value) else value


def bytes_of(payload: Payload) -> bytes | None:
    """Give the bytes of a body that is neither text nor JSON; None for another one, and for one that is not loaded."""
    if payload.body_kind != "base64" or payload.whole_text or not isinstance(payload.body, str):
        return None
    try:
        return base64.b64decode(payload.body, validate=True)
    except ValueError:
        return None


def _too_deep(text: str, value: Any) -> bool:
    """Tell whether a value is nested deeper than all that handles it can follow."""
    return text.count("[") + text.count("{") > DEEPEST and too_deep(value)


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
