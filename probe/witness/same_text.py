"""Whether a text of the record and one of the agent's file are the same, where the record may be redacted."""

from __future__ import annotations

import re
from typing import Any

from probe.record.canonical_json import canonical_json
from probe.record.common_parts import fits

_MARK = re.compile(r"\[REDACTED:[^\]\s]*\]")


def same_text(recorded: str, own: str) -> bool:
    """Check whether two texts are the same but for space around them; a redacted place may have been anything."""
    recorded, own = recorded.strip(), own.strip()
    return recorded == own or (
        _MARK.search(recorded) is not None and fits(_bytes(own), list(map(_bytes, _MARK.split(recorded))))
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def same_value(recorded: Any, own: Any) -> bool:
    """Check whether two JSON values are the same, in that sense."""
    if isinstance(recorded, str) and isinstance(own, str):
        return same_text(recorded, own)
    return same_text(canonical_json(recorded).decode(), canonical_json(own).decode())
