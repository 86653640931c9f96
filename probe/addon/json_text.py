"""JSON as the record keeps it: parsed only where every reader gets the same value."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

DEEPEST = 200
"""JSON with more levels is kept as text: parsers' limits begin at a few hundred."""
MOST_VALUES = 1_000_000
"""JSON with more values is kept as text: parsed, each takes up to 100 bytes, its text as few as three."""


dumps: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Return compact JSON without ASCII escapes, which `body_text` is compared with."""


def exact_json(text: str) -> bytes | None:
    """Return compact JSON if the text is strict and means the same to every reader; None otherwise."""
    if too_many_values(text):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=_refuse)
        if too_deep(value):
            return None
        # A lone surrogate (\ud800) parses but has no UTF-8 form.
        return dumps(value).encode()
    except (ValueError, RecursionError):
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key appears twice")
    return members


def _int(digits: str) -> int:
    # The length first: Python refuses to parse thousands of digits, and is slow with hundreds.
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
        raise ValueError("an integer of more than 64 bits")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number too large")
    return value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def too_many_values(text: str) -> bool:
    """Check whether JSON may hold more than MOST_VALUES, judged by its commas and brackets."""
    return len(text) > MOST_VALUES and sum(map(text.count, ",[{")) > MOST_VALUES


def too_deep(value: Any) -> bool:
    """Check whether containers are nested more than DEEPEST levels."""
    level = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return True
        below: list[Any] = []
        for container in level:
            members = container.values() if isinstance(container, dict) else container
            below += [member for member in members if isinstance(member, dict | list)]
        level = below
    return False
