"""The parts of a credential's pattern.

The search starts at one byte in it, the anchor: a pattern that begins with a single byte is several times faster than
any other, and the bytes around the anchor are checked only there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from probe.addon.redaction.heuristics import is_varied

LONGEST = 1 << 15
"""Maximum size of a credential in bytes: an RSA key of 8,192 bits, escaped twice, has 7 KB, a JWT seldom more."""
CONTEXT = 128
"""Bytes before a secret that may be checked, for the name of the value."""


class Found(NamedTuple):
    """The place of a secret, and the shape that found it."""

    start: int
    end: int
    shape: str


Spans = Callable[[bytes, int, int, int], Iterator[tuple[int, int]]]
"""Yields the secrets of a match, from the data, the anchor's place, and begin and end of the pattern's group."""


class Shape(NamedTuple):
    """A kind of credential; its pattern is `before`, `anchor`, `lead` and `after` in sequence."""

    name: str
    before: bytes
    """Characters and [classes] of them."""
    anchor: bytes
    """One byte."""
    lead: bytes
    """Literal bytes, not a pattern."""
    after: bytes
    """A pattern with groups; the one that matched is passed to `spans`."""
    spans: Spans
    rest: int = 0
    """Minimum number of token characters after the anchor; few places have as many, so this is checked first."""


ATOM = re.compile(rb"\[[^]]*\]|.", re.S)
# No token character precedes a token, unless it ends an escape (\n, \u0026, %3D, a terminal's colour).
# No token begins after a mark: what was not a token before redaction is not one afterwards.
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
    return Shape(name, before, anchor, lead, after, spans, rest)


def value(name: str, before: bytes, anchor: bytes, lead: bytes, after: bytes, real: Callable[[bytes], bool]) -> Shape:
    """Return the pattern of a value that is a credential by its context, if `real` accepts it; see `Shape`."""

    def spans(data: bytes, _place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        if real(data[start:end]):
            yield start, end

    return Shape(name, before, anchor, lead, after, spans)
