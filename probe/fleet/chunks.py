"""Cut a sorted list of runs into chunks whose borders depend on the runs near them alone.

Where runs are added or removed, the chunks around that place change and all others stay as they were, so that what was
stored for them still counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby, pairwise

LEAST, MOST = 16, 64
"""Runs of a chunk; only a target with fewer has a smaller one. On average there are about 30."""


def chunks_of(runs: Sequence[str]) -> list[range]:
    """Return where the chunks are in sorted names `target/name`; none has runs of two targets."""
    chunks, start = [], 0
    for _, names in groupby(runs, key=lambda run: run.partition("/")[0]):
        one_target = list(names)
        chunks += [range(start + one.start, start + one.stop) for one in cut(one_target, LEAST, MOST)]
        start += len(one_target)
    return chunks


def cut(names: Sequence[str], least: int, most: int, salt: str = "") -> list[range]:
    """Return ranges of `least` to `most` names; `most` is at least twice `least`, and fewer names are one range.

    A range begins at each name whose hash is the smallest of all that are less than `least` away. On average a range
    has twice `least` minus one names.
    """
    hashes = [sha256(f"{salt}{name}".encode()).digest() for name in names]
    near = least - 1
    starts = (at for at in range(least, len(names) - near) if hashes[at] == min(hashes[at - near : at + least]))
    borders = [0, *starts, len(names)]
    return [part for one in pairwise(borders) for part in _halved(range(*one), hashes, least, most)]


def _halved(one: range, hashes: Sequence[bytes], least: int, most: int) -> Iterator[range]:
    """Yield a range, cut at the smallest hash again and again until no part has more than `most` names."""
    if len(one) <= most:
        if one:
            yield one
        return
    middle = min(one[least : len(one) - least + 1], key=hashes.__getitem__)
    yield from _halved(range(one.start, middle), hashes, least, most)
    yield from _halved(range(middle, one.stop), hashes, least, most)
