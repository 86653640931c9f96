"""The lines of a record as texts, those that are too long to be held cut into parts that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from probe.record.open_record import open_record

LONGEST = 16 << 20
_OVERLAP = 1 << 16


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line of a file, or of each part of a very long one."""
    with open_record(path) as file:
        number = 1
        before = b""
        while data := file.readline(LONGEST):
            yield number, (before + data).decode("utf-8", "replace")
            ended = data.endswith(b"\n")
            number += ended
            before = b"" if ended else data[-_OVERLAP:]
