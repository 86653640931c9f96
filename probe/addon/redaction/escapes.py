"""Decode escapes that hide a credential: JSON can write any character as `\\u002d`, and some encoders do so.

.NET writes `+` as `\\u002B` and quotes as `\\u0022`, Gson writes `=` as `\\u003d`, PHP writes `/` as `\\/`, Go writes
`&` as `\\u0026`; a reader gets the same text. Inside a string of JSON inside JSON each backslash is doubled.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_ESCAPE = re.compile(rb"(\\{1,16})(?:u00(0[9aAdD]|[2-7][0-9a-fA-F])|/)")
_ESCAPE_BEGIN = re.compile(rb"\\(?:u00(?:0[9aAdD]|[2-7][0-9a-fA-F])|/)")
_PERCENT = re.compile(rb"%(0[9aAdD]|[2-9a-fA-F][0-9a-fA-F])")
_PERCENT_IN_NAMES = re.compile(rb"%(?!2[5bB6]|3[dD])(0[9aAdD]|[2-9a-fA-F][0-9a-fA-F])")
"""Without `%`, `&`, `+` and `=`: a form's value continues after escaped ones."""
_PERCENT_LEVELS = 2
"""A URL may be a parameter of another URL."""
_WORD_BORDER = re.compile(rb"[\s\"'`<>\\]")
_LONGEST_WORD = 1 << 12
"""How far before its first escape a word may begin; a form's name is nearer."""
_BETWEEN_WORDS = b" \0 "
_MOST_PASSES = 4
"""The escape of one level may itself be escaped by a level above, as in `\\\\\\u00752d`."""
_CONTROL = {9: b"t", 10: b"n", 13: b"r"}


class View:
    """Bytes with some escapes decoded, and a mapping of their places to the original."""

    __slots__ = ("_before", "_begins", "_escapes", "data", "original")

    def __init__(
        self, original: bytes, data: bytes, escapes: list[tuple[int, int, int, int]], before: View | None = None
    ) -> None:
        self.original, self.data = original, data
        self._before = before
        """The view that this one was made from."""
        self._escapes = escapes
        """Begin and end of each escape, first in `data`, then in the original."""
        self._begins = [escape[0] for escape in escapes]

    @property
    def differs(self) -> bool:
        """Return whether any escape was decoded."""
        return bool(self._escapes)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a place in `data`; escapes are never split."""
        if not self._escapes:
            return start, end
        start, end = self._original(start)[0], self._original(end - 1)[1]
        return self._before.place(start, end) if self._before else (start, end)

    def _original(self, place: int) -> tuple[int, int]:
        """Return begin and end in the original of one byte of `data`."""
        index = bisect_right(self._begins, place) - 1
        if index < 0:
            return place, place + 1
        _, end, original_start, original_end = self._escapes[index]
        if place < end:
            return original_start, original_end
        return place - end + original_end, place - end + original_end + 1


def views_of(data: bytes) -> list[View]:
    """Return all views of a text that may reveal a hidden credential."""
    views = [unescaped(data)]
    for _ in range(_PERCENT_LEVELS):
        last = views[-1]
        first = last.data.find(b"%")
        found = _PERCENT.search(last.data, first) if first >= 0 else None
        if not found:
            break
        views += [_percent_decoded(last, pattern, found.start()) for pattern in (_PERCENT_IN_NAMES, _PERCENT)]
    return views


def unescaped(data: bytes) -> View:
    """Return a view with JSON's escapes of plain characters decoded, on every level of JSON inside JSON."""
    view = View(data, data, [])
    for _ in range(_MOST_PASSES):
        first = view.data.find(b"\\")
        if first < 0 or not _ESCAPE_BEGIN.search(view.data, first):
            break
        view = _decoded(view)
    return view


def _percent_decoded(view: View, pattern: re.Pattern[bytes], first: int) -> View:
    """Return a view of only those words with escapes of a URL or a form, decoded."""
    data, out, edits = view.data, list[bytes](), list[tuple[int, int, int, int]]()
    position = length = 0

    def add(start: int, end: int, new: bytes) -> None:
        nonlocal position, length
        out.extend((data[position:start], new))
        length += start - position
        edits.append((length, length + len(new), start, end))
        length += len(new)
        position = end

    match = pattern.search(data, first)
    while match:
        oldest = max(position, match.start() - _LONGEST_WORD)
        before = data[oldest : match.start()][::-1]
        border = _WORD_BORDER.search(before)
        begin = match.start() - border.start() if border else oldest
        if begin > position:
            add(position, begin, _BETWEEN_WORDS)
        border = _WORD_BORDER.search(data, match.end())
        end = border.start() if border else len(data)
        while match and match.end() <= end:
            add(*match.span(), bytes([int(match[1], 16)]))
            match = pattern.search(data, match.end())
        out.append(data[position:end])
        length += end - position
        position = end
    return View(view.original, b"".join(out), edits, view if view.differs else None)


def _decoded(view: View) -> View:
    """Return a view with one level of escapes decoded."""
    parts: list[bytes] = []
    escapes: list[tuple[int, int, int, int]] = []
    position = length = 0
    for match in _ESCAPE.finditer(view.data):
        start, end = match.span()
        new = _character(match)
        length += start - position
        escapes.append((length, length + len(new), start, end))
        parts += (view.data[position:start], new)
        length += len(new)
        position = end
    data = b"".join([*parts, view.data[position:]])
    return View(view.original, data, escapes, view if view.differs else None)


def _character(match: re.Match[bytes]) -> bytes:
    backslashes, digits = match.groups()
    if digits is None:
        return b"/"
    code, count = int(digits, 16), len(backslashes)
    if code in _CONTROL:
        return bytes(backslashes) + _CONTROL[code]
    # An even number of backslashes was doubled by an outer level; with an odd number the last begins the escape.
    doubled = count % 2 == 0
    if code == ord("\\"):
        return b"\\" * (2 * count if doubled else count + 1)
    if code == ord('"'):
        return b"\\" * (2 * count - 1 if doubled else count) + b'"'
    return (b"" if doubled else b"\\" * (count - 1)) + bytes([code])
