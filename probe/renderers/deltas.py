"""Split a stream of which most events are deltas: small events of one form, each with a piece of a text.

Each delta as an object of its own, from the line that it is in to the data that it has, takes most of the time that
a stream takes. Here the lines between two deltas are replaced by one line end, and what is left is read in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import msgspec

from probe.renderers.events import Pieces, Stream
from probe.renderers.json_reader import as_text

FAILURES = (msgspec.DecodeError, UnicodeError, RecursionError)


class Deltas:
    """The deltas of an API."""

    def __init__(self, names: Iterable[str], read: Callable[[bytes], Pieces | None]) -> None:
        self.names = frozenset(names)
        """Their types, by which their events are named too."""
        self.read = read
        """Reads many of them, one a line; returns None or raises one of `FAILURES` where one has another form."""
        either = "|".join(map(re.escape, sorted(names)))
        self.heads = re.compile(rf"\n\nevent: (?:{either})\ndata: ".encode())
        """What is between the data of an event and that of a delta."""


def split_deltas(text: str, deltas: Deltas) -> Stream | None:
    """Split a stream of `event: NAME` and `data: JSON` lines with deltas among its events; None for any other."""
    if not (text.startswith("event: ") and text.endswith("\n\n")):
        return None
    whole = text.encode("utf-8", "surrogatepass")
    parts = deltas.heads.split(whole)
    data, replaced = b"\n".join(parts), len(parts) - 1
    heads = len(whole) - len(data) + replaced
    if not replaced or b"\r" in data:
        return None
    names: list[str] = []
    texts: list[str | bytes] = []
    runs: dict[int, Pieces] = {}
    for block in data[7:-2].split(b"\n\nevent: "):
        name, _, rest = block.partition(b"\ndata: ")
        own, line_end, lines = rest.partition(b"\n")
        names.append(as_text(name))
        texts.append(own)
        if not own or b"\n" in name:
            return None
        if line_end:
            run = read_deltas(lines, deltas)
            if run is None:
                return None
            runs[len(texts)] = run
            replaced -= len(run.texts)
            heads -= run.heads()
    # A line that was there before is no event, and only deltas named by their types can be found again.
    return Stream(names, texts, size=len(whole), runs=runs) if replaced == heads == 0 else None


def read_deltas(lines: bytes, deltas: Deltas) -> Pieces | None:
    """Return the deltas that are the lines of a text; None where not each line is one."""
    try:
        found = deltas.read(lines)
    except FAILURES:
        return None
    return found if found is not None and len(found.texts) == lines.count(b"\n") + 1 else None


def sizes_of(*places: list[Any]) -> list[int]:
    """Return how many deltas one after the other belong together, from lists of what is equal in those."""
    if all(column.count(column[0]) == len(column) for column in places if column):
        return [len(places[0])]
    return [len(list(same)) for _, same in groupby(zip(*places, strict=True))]
