"""Times as people type them: a date, a time, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime

from probe.errors import UserError

_AGO = re.compile(r"(\d{1,9})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def time_of(text: str | None, option: str, now: float) -> float | None:
    """Return a time in epoch seconds; one without a zone is local. Raises UserError."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"{option} {text}: not a time", f"for example: {option} 2026-01-31, {option} 2026-01-31T14:30, {option} 2h"
        ) from error
