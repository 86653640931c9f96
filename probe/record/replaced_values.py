"""How many values of each kind were replaced in a redacted copy, in words."""

from __future__ import annotations

from collections.abc import Mapping


def replaced_in_words(replaced: Mapping[str, int]) -> str:
    """Return how many different values of each kind were replaced; each is replaced wherever it is."""
    counts = [f"{count:,} {_named(kind, count)}" for kind, count in replaced.items()]
    return ", ".join(counts) or "nothing"


def _named(kind: str, count: int) -> str:
    # The kind of what a user names is a plural already.
    one = kind.removesuffix("s") if kind == "words" else kind
    return one if count == 1 else one + ("es" if one.endswith("s") else "s")
