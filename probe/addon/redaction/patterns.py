"""Search for anything that looks like a credential."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from probe.addon.redaction.credential_pattern import ATOM, CONTEXT, LONGEST, Found, Shape, regex_of
from probe.addon.redaction.escapes import View, views_of
from probe.addon.redaction.named_values import NAMES
from probe.addon.redaction.text_patterns import TEXTS
from probe.addon.redaction.vendor_tokens import TOKENS

__all__ = ["CONTEXT", "LONGEST", "SHAPES", "Found", "find", "find_in", "holds"]

SHAPES = (*TOKENS, *NAMES, *TEXTS)
_RARE = b"ABDEGz=/~"
"""Anchors that are rare in many bodies: searching for the byte alone is much faster."""
_FEW = 8


def _atoms(shape: Shape) -> list[bytes]:
    return ATOM.findall(shape.before)


def _any_of(shapes: list[Shape], place: int = -2) -> bytes:
    """Return a character class of all that shapes accept at a place before their anchor."""
    atoms = rb"|".join({regex_of(_atoms(shape)[place]) for shape in shapes})
    return rb"[" + b"".join(re.escape(one) for one in map(bytes, zip(range(128))) if re.fullmatch(atoms, one)) + rb"]"


class _Search:
    """All shapes of one anchor, searched for together."""

    def __init__(self, anchor: bytes) -> None:
        self._anchor = anchor
        self._shapes: list[Shape] = []
        """The shape that each group of the pattern belongs to."""
        shapes = [shape for shape in SHAPES if shape.anchor == anchor]
        # Shapes defined by what is before the anchor are tried last, and only if its last two characters match one.
        before = [shape for shape in shapes if not shape.lead and len(_atoms(shape)) >= 2]
        patterns = [self._pattern_of(shape) for shape in shapes if shape not in before]
        some = [[shape for shape in before if shape.rest], [shape for shape in before if not shape.rest]]
        patterns += [self._by_last_atoms(group, anchor) for group in some if group]
        self.pattern = re.compile(re.escape(anchor) + rb"(?:" + rb"|".join(patterns) + rb")")

    def _by_last_atoms(self, shapes: list[Shape], anchor: bytes) -> bytes:
        """Return a pattern of shapes that begin before the anchor, selected by the characters just before it."""
        groups: dict[bytes, list[Shape]] = {}
        for shape in shapes:
            groups.setdefault(regex_of(_atoms(shape)[-1]), []).append(shape)
        tried = [
            rb"(?<=" + _any_of(group) + last + re.escape(anchor) + rb")"
            rb"(?:" + rb"|".join(map(self._pattern_of, group)) + rb")"
            for last, group in groups.items()
        ]
        pair = rb"(?<=" + _any_of(shapes) + _any_of(shapes, -1) + re.escape(anchor) + rb")"
        rest = rb"(?=[A-Za-z0-9_.~+/=-]{%d})" % min(shape.rest for shape in shapes)
        return pair + rest + rb"(?:" + rb"|".join(tried) + rb")"

    def _pattern_of(self, shape: Shape) -> bytes:
        self._shapes += [shape] * re.compile(shape.after).groups
        lead = re.escape(shape.lead)
        behind = rb"(?<=" + regex_of(shape.before) + re.escape(shape.anchor) + lead + rb")" if shape.before else b""
        return lead + behind + shape.after

    def found(self, data: bytes) -> Iterator[Found]:
        """Yield each secret in `data`."""
        match = self._next(data, 0)
        while match is not None:
            group = match.lastindex or 0
            shape = self._shapes[group - 1]
            found = [
                Found(start, end, shape.name) for start, end in shape.spans(data, match.start(), *match.span(group))
            ]
            yield from found
            # A match that is not a secret may contain one.
            match = self._next(data, found[0].end if found else match.start() + 1)

    def _next(self, data: bytes, place: int) -> re.Match[bytes] | None:
        for _ in range(_FEW if self._anchor in _RARE else 0):
            place = data.find(self._anchor, place)
            if place < 0:
                return None
            if match := self.pattern.match(data, place):
                return match
            place += 1
        return self.pattern.search(data, place)


_SEARCHES = [_Search(anchor) for anchor in sorted({shape.anchor for shape in SHAPES})]
_SMALL = 2000
_ANY = re.compile(b"|".join(search.pattern.pattern for search in _SEARCHES))
"""In a small text, one search for all is faster than one for each anchor."""


def holds(views: Iterable[View]) -> bool:
    """Check whether anything in the views of a text looks like a credential."""
    return any(True for view in views for _ in _found(view.data))


def find(data: bytes) -> list[Found]:
    """Return every place of `data` that looks like a credential, in order; some may overlap."""
    return find_in(views_of(data))


def find_in(views: Iterable[View]) -> list[Found]:
    """Return every place that looks like a credential, as places in the views' original."""
    return sorted({Found(*view.place(one.start, one.end), one.shape) for view in views for one in _found(view.data)})


def _found(data: bytes) -> Iterator[Found]:
    if len(data) > _SMALL or _ANY.search(data):
        for search in _SEARCHES:
            yield from search.found(data)
