"""From which size on the record of a finished run is compressed."""

from __future__ import annotations

from probe.errors import UserError
from probe.settings.sources import Sources

NEVER = "never"
_DEFAULT = "256"
"""Megabytes: hours of an agent's work. A smaller record stays a plain file, which every tool reads."""


def chosen_compress_over(given: Sources) -> int | None:
    """Return the megabytes over which a record is compressed; None for never. Raises UserError."""
    word = str(given.pick("compress_over", _DEFAULT))
    if word == NEVER:
        return None
    if not (word.isascii() and word.isdigit()):
        source = given.sources["compress_over"]
        raise UserError(f"compress_over {word} ({source}): no number of megabytes", f"for example 100, 0 or {NEVER}")
    return int(word)
