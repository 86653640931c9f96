"""Numbers that equal values share, in any run and any process."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from probe.renderers.api import Api, Kind

_encode = msgspec.json.Encoder(order="deterministic").encode


def canonical_value(api: Api, kind: Kind, value: Any) -> Any:
    """Return an item in the form in which equal ones are the same; one that its renderer cannot compare, as it is."""
    try:
        return api.canonical(kind, value)
    except Exception:
        return value


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


def item_number(api: Api, kind: Kind, value: Any) -> int:
    """Return a number that equal items share."""
    return number_of(f"{kind}:".encode() + canonical_json(canonical_value(api, kind, value)))
