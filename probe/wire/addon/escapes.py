"""Reading through escapes: JSON lets any character be written as `\\u002d`, and some encoders do so.

.NET writes `+` as `\\u002B` and quotes as `\\u0022`, Gson writes `=` as `\\u003d`, PHP writes `/` as `\\/`, Go writes
`&` as `\\u0026`; a reader gets the same text. Inside a string of JSON inside JSON each backslash is doubled.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_ESCAPE = re.compile(rb"(\\{1,16})(?:u00(0[9aAdD]|[2-7][0-9a-fA-F])|/)")
_ESCAPE_BEGIN = re.compile(rb"\\(?:u00(?:0[9aAdD]|[2-7][0-9a-fA-F])|/)")
_MOST_PASSES = 4
"""The escape of one level may itself be escaped by a level above, as in `\\\\\\u00752d`."""
_CONTROL = {9: b"t", 10: b"n", 13: b"r"}


class View:
    """Bytes as they read without some of their escapes, and where each place of them is in the original."""

    __slots__ = ("_before", "_begins", "_escapes", "data", "original")

    def __init__(
        self, original: bytes, data: bytes, escapes: list[tuple[int, int, int, int]], before: View | None = None
    ) -> None:
        self.original, self.data = original, data
        self._before = before
        """The view that this one was made of."""
        self._escapes = escapes
        """Begin and end of each escape, first in `data`, then in the original."""
        self._begins = [escape[0] for escape in escapes]

    @property
    def differs(self) -> bool:
        """Whether there was an escape to undo."""
        return bool(self._escapes)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a place of `data` is in the original; no escape is cut in two."""
        if not self._escapes:
            return start, end
        start, end = self._original(start)[0], self._original(end - 1)[1]
        return self._before.place(start, end) if self._before else (start, end)

    def _original(self, place: int) -> tuple[int, int]:
        """Return where one byte of `data` begins and ends in the original."""
        index = bisect_right(self._begins, place) - 1
        if index < 0:
            return place, place + 1
        _, end, original_start, original_end = self._escapes[index]
        if place < end:
            return original_start, original_end
        return place - end + original_end, place - end + original_end + 1


def unescaped(data: bytes) -> View:
    """Return `data` without those escapes of JSON that hide a plain character, on every level of JSON inside JSON."""
    view = View(data, data, [])
    for _ in range(_MOST_PASSES):
        first = view.data.find(b"\\")
        if first < 0 or not _ESCAPE_BEGIN.search(view.data, first):
            break
        view = _decoded(view)
    return view


def _decoded(view: View) -> View:
    """Return a view in which one level of escapes is undone."""
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
    # An even number of backslashes was doubled by a level above; of an odd one the last begins the escape.
    doubled = count % 2 == 0
    if code == ord("\\"):
        return b"\\" * (2 * count if doubled else count + 1)
    if code == ord('"'):
        return b"\\" * (2 * count - 1 if doubled else count) + b'"'
    return (b"" if doubled else b"\\" * (count - 1)) + bytes([code])
