"""What a pattern of a credential is made of.

Each is looked for from one byte in it, its anchor: a pattern that begins with a single byte is several times faster
than any other, and what is around the anchor is looked at only there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from probe.addon.redaction.heuristics import is_varied

LONGEST = 1 << 15
"""No credential reaches further, in bytes: an RSA key of 8,192 bits, escaped twice, has 7 KB, a JWT seldom more."""
CONTEXT = 128
"""So much of what stands before a secret may be looked at: the name that it is the value of."""


class Found(NamedTuple):
    """Where a secret stands, and by which shape it was found."""

    start: int
    end: int
    shape: str


Spans = Callable[[bytes, int, int, int], Iterator[tuple[int, int]]]
"""Gives the secrets of a match: out of the data, the anchor's place, and begin and end of the pattern's group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of credential; `before`, `anchor`, `lead` and `after`, one behind the other, are its pattern."""

    name: str
    before: bytes = b""
    """Characters and [classes] of them."""
    anchor: bytes
    """One byte."""
    lead: bytes = b""
    """As it stands, no pattern."""
    after: bytes
    """A pattern with groups; the one that matched is handed to `spans`."""
    spans: Spans
    rest: int = 0
    """At least so many characters of a token follow the anchor; few places have so many, so it is tried first."""


ATOM = re.compile(rb"\[[^]]*\]|.", re.S)
# Before a token stands none of its own characters, unless they end an escape (\n, \u0026, %3D, a terminal's colour).
# After a mark nothing begins: what was no token before redaction is none behind it.
BEGIN = (
    rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9A-Fa-f]{2})|(?<=[0-9]m))"
    rb"(?<!\[REDACTED:[0-9a-f]{8}\])"
)
NOT_AFTER_DOT = rb"(?<!\.)" + BEGIN
NOT_IN_BASE64 = rb"(?<![+/.])" + BEGIN
END = rb"(?![A-Za-z0-9_-]|\[REDACTED:)"
END_OF_BASE64 = rb"(?![A-Za-z0-9_+/=-]|\[REDACTED:)"


def regex_of(before: bytes) -> bytes:
    """Return a regular expression of characters and classes of them."""
    return b"".join(atom if len(atom) > 1 else re.escape(atom) for atom in ATOM.findall(before))


def token(
    name: str,
    before: bytes,
    anchor: bytes,
    lead: bytes,
    after: bytes,
    real: Callable[[bytes], bool] = is_varied,
    begin: bytes = BEGIN,
    *,
    rest: int = 16,
) -> Shape:
    """Return the pattern of a token; see `Shape`."""
    width = len(ATOM.findall(before))

    def spans(data: bytes, place: int, _start: int, end: int) -> Iterator[tuple[int, int]]:
        if real(data[place - width : end]):
            yield place - width, end

    begins = rb"(?<=" + begin + regex_of(before) + re.escape(anchor + lead) + rb")"
    after = begins + rb"(" + after + rb")"
    return Shape(name=name, before=before, anchor=anchor, lead=lead, after=after, spans=spans, rest=rest)


def value_spans(real: Callable[[bytes], bool]) -> Spans:
    """Return what yields the whole group if it is a real credential."""

    def spans(data: bytes, _place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        if real(data[start:end]):
            yield start, end

    return spans
