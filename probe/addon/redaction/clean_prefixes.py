"""Beginnings of bodies that hold no secret: an agent sends its whole history again with every request."""

from __future__ import annotations

import hashlib

SEGMENT = 1 << 16
"""A hash of so much costs a tenth of searching it."""
_MOST = 4096


class Beginnings:
    """Remembers, by hashes, which beginnings of bodies were searched and clean; used from two threads."""

    def __init__(self) -> None:
        self._clean: tuple[object, set[bytes]] = (None, set())

    def of(self, known: object) -> Beginning:
        """Begin to follow a body that is searched for what is known now: what was clean before may not be."""
        if self._clean[0] is not known or len(self._clean[1]) > _MOST:
            self._clean = (known, set())
        return Beginning(self._clean[1])


class Beginning:
    """One body from its first byte on, segment after segment."""

    def __init__(self, clean: set[bytes]) -> None:
        self._clean = clean
        self._hash = hashlib.sha256()
        self._new: list[bytes] = []
        self._known = True
        """All segments so far began a clean body."""

    def follow(self, data: bytes, limit: int) -> int:
        """Take the body's next bytes, up to `limit`; give how many of them begin another clean body."""
        clean = 0
        for start in range(0, limit - SEGMENT + 1, SEGMENT):
            # All that came before is in the hash: two clean parts side by side may be one secret.
            self._hash.update(data[start : start + SEGMENT])
            digest = self._hash.digest()
            self._known = self._known and digest in self._clean
            if self._known:
                clean = start + SEGMENT
            else:
                self._new.append(digest)
        return clean

    def was_clean(self) -> None:
        """Remember what was followed: nothing was found in it."""
        self._clean.update(self._new)
        self._new = []
