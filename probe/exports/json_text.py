"""Values as JSON that every reader takes: no half surrogate pairs, which are no Unicode."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def json_text(value: Any) -> str:
    """Return a value as JSON in one line."""
    try:
        return _encode(value).decode()
    except (UnicodeEncodeError, OverflowError):
        # Half a surrogate pair has no UTF-8 form, and integers may be larger than 64 bits.
        return json.dumps(unicode_only(msgspec.to_builtins(value)), ensure_ascii=False)


def unicode_only(value: Any) -> Any:
    """Return a value with U+FFFD for each half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [unicode_only(one) for one in value]
    if isinstance(value, dict):
        return {unicode_only(name): unicode_only(one) for name, one in value.items()}
    return value
