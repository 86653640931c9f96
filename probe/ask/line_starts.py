"""Where the lines of a record begin, found as far as they are asked for."""

from __future__ import annotations

from array import array
from pathlib import Path

from probe.record.line_index import add_starts, noted_starts
from probe.record.long_lines import LONG_LINE
from probe.record.open_record import open_record

_BLOCK = 1 << 20


class LineStarts:
    """Finds lines of a record by their number."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._starts = array("Q", [0])
        self._read = 0
        """Bytes that were looked through."""

    def of(self, line: int) -> int:
        """Return where a line begins; the end of the record where it has fewer lines."""
        if line > len(self._starts) and not self._read and (noted := noted_starts(self._record)):
            self._starts, self._read = noted
        if line > len(self._starts):
            with open_record(self._record, buffering=_BLOCK) as file:
                file.seek(self._read)
                while line > len(self._starts) and (block := file.read(_BLOCK)):
                    add_starts(self._starts, block, self._read)
                    self._read += len(block)
        return self._starts[line - 1] if line <= len(self._starts) else self._read

    def text(self, line: int) -> bytes | None:
        """Return a line without its end; None for one that is too long to be loaded."""
        with open_record(self._record) as file:
            file.seek(self.of(line))
            text = file.readline(LONG_LINE)
        return text.rstrip(b"\r\n") if len(text) < LONG_LINE else None
