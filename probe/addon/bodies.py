"""The bytes of one direction of an exchange, kept as they arrive, and decoded at the end."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probe.addon.decoders import DecodeError, decoder_for
from probe.addon.journal import Journal
from probe.addon.kept_body import Content, KeptBody
from probe.addon.piece_buffer import Chunks, PieceBuffer
from probe.addon.redaction.redactor import Redactor


class BodyBuffer:
    """One direction of an exchange as it crossed the wire."""

    def __init__(self, kind: bytes, journal: Journal, folder: Path) -> None:
        self._kind = kind
        self._kept = KeptBody(folder)
        self._pieces = PieceBuffer(journal, kind)
        # Arrays: a body of many hundred megabytes has a hundred thousand pieces.
        self._times = array("d")
        self._begins = array("Q")
        self.wire_size = 0
        self.lost = 0

    def add(self, data: bytes, now: float) -> None:
        """Keep a piece; count what cannot be kept (a full disk) and everything after it as lost."""
        if self.lost or not self._pieces.add(self._kind, now, data):
            self.lost += len(data)
        else:
            self._times.append(now)
            self._begins.append(self.wire_size)
        self.wire_size += len(data)

    def fields(self, content_type: str, content_encoding: str, redactor: Redactor) -> dict[str, Any]:
        """Return the body's part of the record; DESIGN.md, "A record", defines the fields."""
        decoded, offsets, error = self._decode(content_encoding, redactor)
        fields = self._kept.fields(decoded, offsets, self._times, content_type, redactor)
        fields["wire_size"] = self.wire_size
        if error:
            fields["decode_error"] = error
        if self.lost:
            fields["lost"] = self.lost
        return fields

    @property
    def unjournaled(self) -> int:
        """Return how many bytes would be lost without a record."""
        return self.lost + self._pieces.unjournaled_size

    def close(self) -> None:
        """Release memory and disk space."""
        self._kept.close()

    def _decode(self, content_encoding: str, redactor: Redactor) -> tuple[Content, Sequence[int], str | None]:
        """Return the decoded bytes, the offset of each piece in them, and the error if decoding failed."""
        wire = Chunks(self._pieces)
        decoder = decoder_for(content_encoding)
        if decoder is None or not wire.size:
            return wire, self._begins, None
        decoded, offsets = self._kept.new_spool(), array("Q")
        try:
            for _, _, piece in self._pieces:
                offsets.append(decoded.size)
                decoded.append(decoder.decode(piece))
        except DecodeError as error:
            problem = f"content-encoding {content_encoding}: {error}"
            if self._kept.holds_secret(decoded, redactor):
                offsets.extend([decoded.size] * (len(self._begins) - len(offsets)))
                # The encoded form cannot be redacted, and anybody could decode it.
                return decoded, offsets, f"{problem}; only what came before it is kept, since a credential is in it"
            return wire, self._begins, problem
        return decoded, offsets, None
