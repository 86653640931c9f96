"""The record that is exported: read once, with what a format loses of it counted on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from probe.exports.losses import LOSSES, Loss
from probe.record.exchange import UnreadExchange
from probe.record.reader import read_unread


class ExportedRecord:
    """The exchanges of a file."""

    def __init__(self, traffic: Path) -> None:
        self._traffic = traffic
        self._malformed: list[int] = []
        self._lost: Counter[Loss] = Counter()

    def __iter__(self) -> Iterator[UnreadExchange]:
        for exchange in read_unread(self._traffic, lambda line, why: self._malformed.append(line)):
            self._lost.update(loss for loss in LOSSES if loss.is_in(exchange))
            yield exchange

    def losses(self, format: str) -> list[str]:
        """Return what a format cannot hold of this record, and which lines were no exchanges."""
        lost = [(loss, self._lost[loss]) for loss in LOSSES if format in loss.formats and self._lost[loss]]
        lines = ", ".join(map(str, self._malformed[:10])) + (", …" if len(self._malformed) > 10 else "")
        malformed = [f"lines that are no exchanges are left out: {lines}"] if lines else []
        return [f"{loss.what} (of {count} exchange{'' if count == 1 else 's'})" for loss, count in lost] + malformed
