"""Items of requests in the form in which equal ones are the same."""

from __future__ import annotations

from typing import Any

from probe.record.canonical_json import canonical_json, number_of
from probe.renderers.api import Api, Kind


def canonical_value(api: Api, kind: Kind, value: Any) -> Any:
    """Return an item in the form in which equal ones are the same; one that its renderer cannot compare, as it is."""
    try:
        return api.canonical(kind, value)
    except Exception:
        return value


def item_number(api: Api, kind: Kind, value: Any) -> int:
    """Return a number that equal items share, in any run and any process."""
    return number_of(f"{kind}:".encode() + canonical_json(canonical_value(api, kind, value)))
