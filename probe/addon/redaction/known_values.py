"""Values that are known to be secret, and the spellings that they may have in a body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]{4,}")
"""Spelled the same in JSON and in a URL."""
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
_RARE_FIRST = b"QZXJVKWqzYjUHGFDB0987654321LPNMOxRkEvITSCAwygfbp_"
"""Rare in English and in JSON, the rarest first."""


class _Needle(NamedTuple):
    """One value: its mark, and what to search for to find each of its spellings."""

    rarest: bytes
    """The rarest character of `core`; searching for one byte costs almost nothing."""
    core: bytes
    """The part that all spellings share."""
    spellings: tuple[bytes, ...]
    mark: bytes

    def is_in(self, data: bytes) -> bool:
        """Check whether `data` holds the value."""
        return self.rarest in data and self.core in data and any(one in data for one in self.spellings)


class Known:
    """Values to search for and their marks; immutable, so that two threads can use it."""

    __slots__ = ("_needles", "longest", "marks")

    def __init__(self, marks: dict[bytes, bytes], needles: tuple[_Needle, ...] = ()) -> None:
        self.marks = marks
        """By spelling."""
        self.longest = max(map(len, marks), default=1)
        self._needles = needles

    def extended(self, forms: dict[bytes, bytes]) -> Known:
        """Return these values and one more, given by its spellings and their mark."""
        return Known(self.marks | forms, (*self._needles, *_needles(forms)))

    def unfinished(self, data: bytes) -> int:
        """Return where a value with spaces may begin that is not complete yet; else the length of `data`."""
        return min((_unfinished(data, value) for value in self.marks if b" " in value), default=len(data))

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`, in no order; they may overlap."""
        for needle in self._needles:
            if needle.is_in(data):
                for form in needle.spellings:
                    start = data.find(form)
                    while start >= 0:
                        yield start, start + len(form), needle.mark
                        start = data.find(form, start + len(form))


def _unfinished(data: bytes, value: bytes) -> int:
    """Return where the longest end of `data` begins that the value begins with."""
    first = max(0, len(data) - len(value) + 1)
    return next((place for place in range(first, len(data)) if value.startswith(data[place:])), len(data))


def spellings(value: str) -> set[bytes]:
    """Return the spellings that a value may have in a body: in JSON, in JSON inside JSON, in a URL."""
    inside = {value, *_inside_json(value)}
    # The arguments of a tool call are JSON inside JSON.
    inside |= {twice for once in inside for twice in _inside_json(once)}
    inside |= {quote(value, safe="", errors="surrogateescape"), quote_plus(value, safe="", errors="surrogateescape")}
    inside.add(value.replace("/", "\\/"))
    return {form.encode("utf-8", "surrogateescape") for form in inside}


def _inside_json(text: str) -> set[str]:
    forms = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    # .NET writes the digits of an escape in upper case.
    return forms | {_ESCAPE.sub(lambda match: f"\\u{match[1].upper()}", form) for form in forms}


def _needles(marks: dict[bytes, bytes]) -> Iterator[_Needle]:
    """Yield the needles of a value; `marks` has its spellings."""
    forms, mark = tuple(marks), next(iter(marks.values()))
    # All spellings share what none of them changes, so one search covers all.
    shared = [part for part in _PLAIN.findall(min(forms, key=len)) if all(part in form for form in forms)]
    if shared:
        core = max(shared, key=len)
        yield _Needle(_rarest(core), core, forms, mark)
    else:
        yield from (_Needle(_rarest(form), form, (form,), mark) for form in forms)


def _rarest(core: bytes) -> bytes:
    code = min(core, key=lambda code: _RARE_FIRST.find(code) if code in _RARE_FIRST else len(_RARE_FIRST))
    return bytes([code])
