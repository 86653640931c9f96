"""Skip prefixes of bodies that were searched before: an agent sends its whole history with every request."""

from __future__ import annotations

import hashlib

SEGMENT = 1 << 16
"""Hashing this many bytes costs a tenth of searching them."""
_MOST = 4096


class CleanPrefixes:
    """Hashes of body prefixes that were searched and found clean; used from two threads."""

    def __init__(self) -> None:
        self._clean: tuple[object, set[bytes]] = (None, set())

    def check(self, known: object) -> PrefixCheck:
        """Return a check of one body; forget all prefixes if `known`, the set of values, has changed."""
        if self._clean[0] is not known or len(self._clean[1]) > _MOST:
            self._clean = (known, set())
        return PrefixCheck(self._clean[1])


class PrefixCheck:
    """Checks one body from its first byte on, segment by segment."""

    def __init__(self, clean: set[bytes]) -> None:
        self._clean = clean
        self._hash = hashlib.sha256()
        self._new: list[bytes] = []
        self._known = True
        """Whether all segments so far are a clean prefix."""

    def follow(self, data: bytes, limit: int) -> int:
        """Add the body's next bytes, up to `limit`; return how many of them continue a clean prefix."""
        clean = 0
        for start in range(0, limit - SEGMENT + 1, SEGMENT):
            # The hash covers all earlier bytes: two clean parts in a row may form one secret.
            self._hash.update(data[start : start + SEGMENT])
            digest = self._hash.digest()
            self._known = self._known and digest in self._clean
            if self._known:
                clean = start + SEGMENT
            else:
                self._new.append(digest)
        return clean

    def was_clean(self) -> None:
        """Remember the segments added so far as clean."""
        self._clean.update(self._new)
        self._new = []
