"""The difference of two texts, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from probe.slots.differences import matching

AROUND = 2
"""Unchanged lines that are shown around a change."""
MOST_LINES = 4000
"""Lines of a text that are aligned."""
SHOWN = 200
"""Lines of a difference that are shown."""
_LONGEST = 400
"""Characters of a line that are shown."""


def text_difference(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that differ and some around them, each with its sign; `…` where lines are left out."""
    lines = list(_lines(before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]))
    more = [f"… {len(lines) - SHOWN} lines more"] if len(lines) > SHOWN else []
    return (*lines[:SHOWN], *more)


def _lines(before: list[str], after: list[str]) -> Iterator[str]:
    groups = list(SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND))
    for number, group in enumerate(groups):
        if number or group[0][1] or group[0][3]:
            yield "…"
        for sign, begin, end, begin_new, end_new in group:
            if sign == "equal":
                yield from (_line(" ", line) for line in before[begin:end])
            else:
                yield from (_line("-", line) for line in before[begin:end])
                yield from (_line("+", line) for line in after[begin_new:end_new])
    if groups and (groups[-1][-1][2] < len(before) or groups[-1][-1][4] < len(after)):
        yield "…"


def _line(sign: str, text: str) -> str:
    return f"{sign} {text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}"


def likeness(before: str, after: str) -> float:
    """Return how much of two texts is the same, from 0 to 1, by their lines."""
    old, new = before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]
    return 2 * len(matching(old, new)) / max(1, len(old) + len(new))
