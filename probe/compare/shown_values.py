"""Write values of any size in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from probe.report.plain_text import compact, visible
from probe.slots.differences import ABSENT

_SHOWN = 80
_BOUNDED = 2000
NAMED = 40
"""Names that a line has at most."""


def shown(value: Any) -> str:
    """Return a value as JSON in one short line."""
    if value is ABSENT or value is None:
        return "nothing" if value is ABSENT else "null"
    text = visible(compact(value))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…" + text[:1] * text.startswith('"')


def bounded(value: Any) -> Any:
    """Return a value as a finding holds it: None where there is none, cut where it is large."""
    if value is ABSENT:
        return None
    if isinstance(value, str):
        return value if len(value) <= _BOUNDED else value[:_BOUNDED] + "…"
    return value if len(msgspec.json.encode(value)) <= _BOUNDED else shown(value)


def listed(names: Sequence[str]) -> str:
    """Return names in one line."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def are(names: Sequence[str], rest: str) -> str:
    """Return a sentence about one or several things: `a is new`, `a, b are new`."""
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} {rest}"
