"""Write values of any size in a few words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from probe.report.plain_text import compact, visible
from probe.slots.differences import ABSENT

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A string in a line, as JSON has it."""
_SHOWN = 80
_AROUND = 20
"""Characters that are shown before a difference."""
_BOUNDED = 2000
NAMED = 40
"""Names that a line has at most."""


def shown(value: Any) -> str:
    """Return a value as JSON in one short line."""
    if value is ABSENT or value is None:
        return "nothing" if value is ABSENT else "null"
    return _cut(visible(compact(value)), 0)


def _cut(text: str, begin: int) -> str:
    """Return JSON in one short line, from a place on."""
    while begin and text[begin - 1] == "\\":
        begin -= 1
    # A string that is cut is opened and closed, too: what leaves out long ones looks for their ends.
    head = f"{_quote(text[:begin])}…" if begin else ""
    cut = head + text[begin : begin + _SHOWN]
    return f"{cut}…{_quote(cut)}" if begin + _SHOWN < len(text) else cut


def _quote(text: str) -> str:
    """Return a quotation mark where a string begins in a text and does not end."""
    return '"' if '"' in STRING.sub("", text) else ""


def shown_pair(before: Any, after: Any) -> tuple[str, str]:
    """Return two values in one short line each, so that they show where they differ."""
    if isinstance(before, str) and isinstance(after, str):
        before, after = cut_pair(before, after)
        return visible(compact(before)), visible(compact(after))
    if ABSENT in (before, after) or None in (before, after):
        return shown(before), shown(after)
    one, other = visible(compact(before)), visible(compact(after))
    first = same_beginning(one, other)
    begin = first - _AROUND if first > _SHOWN // 2 and max(len(one), len(other)) > _SHOWN else 0
    return _cut(one, begin), _cut(other, begin)


def cut_pair(before: str, after: str, *, longest: int = _SHOWN, around: int = _AROUND) -> tuple[str, str]:
    """Cut two texts to one short line each, around the first place where they differ."""
    if max(len(before), len(after)) <= longest:
        return before, after
    first = same_beginning(before, after)
    begin = first - around if first > longest // 2 else 0
    one, other = (
        f"{'…' * (begin > 0)}{text[begin : begin + longest]}{'…' * (begin + longest < len(text))}"
        for text in (before, after)
    )
    return one, other


def same_beginning(before: str, after: str) -> int:
    """Return how many characters two texts begin with that are the same."""
    shorter = min(len(before), len(after))
    return next((place for place in range(shorter) if before[place] != after[place]), shorter)


def text_pair(before: str, after: str) -> tuple[str, str]:
    """Return two texts of any length in one short line each, so that they show where they differ."""
    one, other = (" ".join(visible(text).split()) for text in (before, after))
    return cut_pair(one, other)


def changed_words(before: Any, after: Any) -> str:
    """Return what something is now and was before.

    A number that is new or gone may be a slot, of which nothing is known but 0.
    """
    if before is ABSENT and after == 0:
        return "is sent now"
    if after is ABSENT and before == 0:
        return "is no longer sent"
    old, new = shown_pair(before, after)
    return f"is {new}, no longer {old}"


def bounded(value: Any) -> Any:
    """Return a value as a finding holds it: None where there is none, cut where it is large."""
    if value is ABSENT:
        return None
    if isinstance(value, str):
        return value if len(value) <= _BOUNDED else value[:_BOUNDED] + "…"
    return value if len(compact(value)) <= _BOUNDED else shown(value)


def listed(names: Sequence[str]) -> str:
    """Return names in one line."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def are(names: Sequence[str], rest: str) -> str:
    """Return a sentence about one or several things: `a is new`, `a, b are new`."""
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} {rest}"
