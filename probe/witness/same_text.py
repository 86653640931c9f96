"""Whether a text of the record and one of the agent's file are the same, where the record may be redacted."""

from __future__ import annotations

import re
from typing import Any

from probe.record.canonical_json import canonical_json

_MARK = re.compile(r"\[REDACTED:[^\]\s]*\]")


def same_text(recorded: str, own: str) -> bool:
    """Check whether two texts are the same but for space around them; a redacted place may have been anything."""
    recorded, own = recorded.strip(), own.strip()
    return recorded == own or ("[REDACTED:" in recorded and _fits(_MARK.split(recorded), own))


def _fits(pieces: list[str], own: str) -> bool:
    first, *between, last = pieces if len(pieces) > 1 else [pieces[0], ""]
    if not (own.startswith(first) and own.endswith(last)):
        return False
    place, end = len(first), len(own) - len(last)
    for piece in between:
        found = own.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return place <= end


def same_value(recorded: Any, own: Any) -> bool:
    """Check whether two JSON values are the same, in that sense."""
    if isinstance(recorded, str) and isinstance(own, str):
        return same_text(recorded, own)
    return same_text(canonical_json(recorded).decode(), canonical_json(own).decode())
