"""The difference of two texts, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from probe.compare.shown_values import cut_pair, same_beginning
from probe.slots.differences import matching

AROUND = 2
"""Unchanged lines that are shown around a change."""
MOST_LINES = 4000
"""Lines of a text that are aligned."""
SHOWN = 200
"""Lines of a difference that are shown."""
_LONGEST = 400
"""Characters of a line that are shown."""
_AROUND = 100
"""Of these, before what differs."""


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
                yield from _replaced(before[begin:end], after[begin_new:end_new])
    if groups and (groups[-1][-1][2] < len(before) or groups[-1][-1][4] < len(after)):
        yield "…"


def _replaced(before: list[str], after: list[str]) -> Iterator[str]:
    """Yield lines in the place of others; long ones are cut around what differs."""
    yield from (_line("-", _cut(one, after)) for one in before)
    yield from (_line("+", _cut(one, before)) for one in after)


def _cut(line: str, others: Sequence[str]) -> str:
    """Cut a long line around where it differs from the one of others that begins most like it."""
    if len(line) <= _LONGEST or not others:
        return line
    nearest = max(others, key=lambda other: same_beginning(line, other))
    return cut_pair(line, nearest, longest=_LONGEST, around=_AROUND)[0] if nearest else line


def _line(sign: str, text: str) -> str:
    if len(text.strip("…")) <= _LONGEST:
        return f"{sign} {text}"
    return f"{sign} {text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}"


def likeness(before: str, after: str) -> float:
    """Return how much of two texts is the same, from 0 to 1, by their lines."""
    old, new = before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]
    return 2 * len(matching(old, new)) / max(1, len(old) + len(new))
