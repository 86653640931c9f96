"""The pieces that arrived in an exchange: in memory while they are small, else read back from its journal."""

from __future__ import annotations

from collections.abc import Iterator

from probe.addon.journal import Frame, Journal

IN_MEMORY = 4 << 20
"""Up to this size pieces are kept in memory as well: most of an agent's requests are smaller."""
_OVERHEAD = 100
"""What Python needs for a piece besides its bytes."""


class PieceBuffer:
    """The frames of some kinds of one journal."""

    def __init__(self, journal: Journal, *kinds: bytes) -> None:
        self.size = 0
        """Bytes of all pieces that are kept."""
        self.unjournaled = self.unjournaled_size = 0
        """How many pieces, and how many bytes, are only in memory (a full disk)."""
        self._kinds = kinds
        self._journal = journal
        self._memory: list[Frame] | None = []
        self._used = 0

    def add(self, kind: bytes, now: float, data: bytes) -> bool:
        """Keep a piece; return False if it could not be kept (a full disk)."""
        journaled = self._journal.append(kind, now, data)
        if self._memory is not None and self._used + len(data) <= IN_MEMORY:
            self._memory.append((kind, now, data))
            self._used += len(data) + _OVERHEAD
        elif journaled:
            # The journal has all earlier pieces too.
            self._memory = None
        else:
            return False
        self.size += len(data)
        if not journaled:
            self.unjournaled += 1
            self.unjournaled_size += len(data)
        return True

    def joined(self) -> bytes | None:
        """Return all bytes joined if they are in memory, else None."""
        return b"".join([data for _, _, data in self._memory]) if self._memory is not None else None

    def __iter__(self) -> Iterator[Frame]:
        """Yield kind, time and bytes of each piece, oldest first."""
        if self._memory is not None:
            return iter(self._memory)
        return (frame for frame in self._journal.frames() if frame[0] in self._kinds)


class Chunks:
    """The bytes of a PieceBuffer, readable any number of times."""

    def __init__(self, pieces: PieceBuffer) -> None:
        self._pieces = pieces
        self.size = pieces.size
        self._whole = pieces.joined()

    def __iter__(self) -> Iterator[bytes]:
        if self._whole is not None:
            return iter((self._whole,))
        return (data for _, _, data in self._pieces)
