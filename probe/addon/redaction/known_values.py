"""Values that are known to be secret, and the spellings in which they may stand in a body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]{4,}")
"""Reads the same in JSON and in a URL."""
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
_SELDOM = b"QZXJVKWqzYjUHGFDB0987654321LPNMOxRkEvITSCAwygfbp_"
"""Seldom in English and in JSON, the most seldom first."""


class _Needle(NamedTuple):
    """One value: its mark, and what is looked for so that each of its spellings is found."""

    seldom: bytes
    """The character of `core` that a body may well lack; to look for one byte costs next to nothing."""
    core: bytes
    """What all spellings share."""
    spellings: tuple[bytes, ...]
    mark: bytes

    def is_in(self, data: bytes) -> bool:
        """Tell whether the value stands in `data`."""
        return self.seldom in data and self.core in data and any(one in data for one in self.spellings)


class Known:
    """Values to look for, and what stands in their place; never changed, so that two threads can use it."""

    __slots__ = ("_needles", "longest", "marks")

    def __init__(self, marks: dict[bytes, bytes], needles: tuple[_Needle, ...] = ()) -> None:
        self.marks = marks
        """By spelling."""
        self.longest = max(map(len, marks), default=1)
        self._needles = needles

    def and_of(self, forms: dict[bytes, bytes]) -> Known:
        """Give these values and another one, in all its spellings."""
        return Known(self.marks | forms, (*self._needles, *_needles(forms)))

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`, in no order; they may overlap."""
        for needle in self._needles:
            if needle.is_in(data):
                for form in needle.spellings:
                    start = data.find(form)
                    while start >= 0:
                        yield start, start + len(form), needle.mark
                        start = data.find(form, start + len(form))


def spellings(value: str) -> set[bytes]:
    """Give the forms that a value may have in a body: in JSON, in JSON inside JSON, in a URL."""
    inside = {value, *_inside_json(value)}
    # The arguments of a tool call are JSON inside JSON.
    inside |= {twice for once in inside for twice in _inside_json(once)}
    inside |= {quote(value, safe="", errors="surrogateescape"), quote_plus(value, safe="", errors="surrogateescape")}
    inside.add(value.replace("/", "\\/"))
    return {form.encode("utf-8", "surrogateescape") for form in inside}


def _inside_json(text: str) -> set[str]:
    forms = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    # .NET writes the digits of an escape in capitals.
    return forms | {_ESCAPE.sub(lambda match: f"\\u{match[1].upper()}", form) for form in forms}


def _needles(marks: dict[bytes, bytes]) -> Iterator[_Needle]:
    """Yield what finds a value; `marks` has its spellings."""
    forms, mark = tuple(marks), next(iter(marks.values()))
    # What no spelling changes is in all of them, so one search does for all.
    shared = [part for part in _PLAIN.findall(min(forms, key=len)) if all(part in form for form in forms)]
    if shared:
        core = max(shared, key=len)
        yield _Needle(_seldom(core), core, forms, mark)
    else:
        yield from (_Needle(_seldom(form), form, (form,), mark) for form in forms)


def _seldom(core: bytes) -> bytes:
    code = min(core, key=lambda code: _SELDOM.find(code) if code in _SELDOM else len(_SELDOM))
    return bytes([code])
