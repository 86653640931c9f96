"""The known word that a user probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CUTOFF = 0.6
"""At 0.55, 'nosuch' is still like 'bench'."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean …? ` for a word that is close to a known one, else nothing."""
    # The dashes of an option are no likeness.
    bare = {one.lstrip("-"): one for one in known}
    matches = difflib.get_close_matches(word.lstrip("-"), list(bare), n=1, cutoff=_CUTOFF)
    return f"did you mean {bare[matches[0]]!r}? " if matches else ""
