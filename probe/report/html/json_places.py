"""Where values are in the JSON text that they were read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

_BEGIN = 64
"""Bytes by which a value is searched for."""
_PLACES = 8
"""Places that are tried for a value."""


def place_of_elements(raw: bytes, texts: Sequence[msgspec.Raw], start: int) -> tuple[int, int, str] | None:
    """Return where the elements of an array are in a text, and the text between any two."""
    if not texts:
        return None
    first = bytes(texts[0])
    for begin in possible_places(raw, first, start):
        by = b"," if len(texts) == 1 else _between(raw, begin + len(first), bytes(texts[1]))
        joined = by.join(texts)
        if by and raw.startswith(joined, begin):
            return begin, begin + len(joined), by.decode()
    return None


def _between(raw: bytes, end: int, following: bytes) -> bytes:
    """Return the comma between two elements, with the white space around it; empty where there is none."""
    by = raw[end : raw.find(following[:_BEGIN], end, end + 2 * _BEGIN)]
    return by if by.strip() == b"," else b""


def possible_places(raw: bytes, text: bytes, start: int) -> Iterator[int]:
    """Yield where a text may begin: searching for its beginning takes less time than for all of it."""
    begin = text[:_BEGIN]
    for _ in range(_PLACES):
        start = raw.find(begin, start)
        if start < 0:
            return
        yield start
        start += 1
