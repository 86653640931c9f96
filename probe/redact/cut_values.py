"""Values that are cut off: the notes of a manifest quote texts with `…` where something is left out."""

from __future__ import annotations

from collections.abc import Mapping

CUT = "…"
_SHORTEST = 4


def without_cut_values(text: str, pseudonym_of: Mapping[str, str]) -> str:
    """Return a text with each beginning of a value before `…`, and each end behind it, replaced by its pseudonym."""
    parts = text.split(CUT)
    for number in range(len(parts) - 1):
        begin, value = max(((_begun(parts[number], one), one) for one in pseudonym_of), default=(0, ""))
        if begin:
            parts[number] = parts[number][:-begin] + pseudonym_of[value]
        end, value = max(((_ended(parts[number + 1], one), one) for one in pseudonym_of), default=(0, ""))
        if end:
            parts[number + 1] = pseudonym_of[value] + parts[number + 1][end:]
    return CUT.join(parts)


def _begun(text: str, value: str) -> int:
    """Return how many characters of a value's beginning a text ends with."""
    text, value = text[-len(value) :].lower(), value.lower()
    return next((size for size in range(len(value) - 1, _SHORTEST - 1, -1) if text.endswith(value[:size])), 0)


def _ended(text: str, value: str) -> int:
    """Return how many characters of a value's end a text begins with."""
    text, value = text[: len(value)].lower(), value.lower()
    return next((size for size in range(len(value) - 1, _SHORTEST - 1, -1) if text.startswith(value[-size:])), 0)
