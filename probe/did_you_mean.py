"""The known word that a user probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CUTOFF = 0.6
"""At 0.55, 'nosuch' is still like 'bench'."""


_NAMED = 10
"""Targets that a hint lists."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean …? ` for a word that is close to a known one, else nothing."""
    # The dashes of an option are no likeness.
    bare = {one.lstrip("-"): one for one in known}
    matches = difflib.get_close_matches(word.lstrip("-"), list(bare), n=1, cutoff=_CUTOFF)
    return f"did you mean {bare[matches[0]]!r}? " if matches else ""


def runs_there_are(pattern: str, names: Iterable[str]) -> str:
    """Return which runs (`target/name`) there are, and what a pattern that matches none of them probably meant."""
    targets = sorted({name.partition("/")[0] for name in names})
    target = pattern.partition("/")[0]
    meant = did_you_mean(target, targets) if target not in targets else ""
    listed = ", ".join(f"{one}/*" for one in targets[:_NAMED]) + (", …" if len(targets) > _NAMED else "")
    return f"{meant}there are: {listed}"
