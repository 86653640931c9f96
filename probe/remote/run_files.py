"""Which files belong to a run and are copied with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from probe.record.files import is_plain
from probe.record.manifest import NAME as MANIFEST
from probe.record.remote_pointer import POINTER, RECORDS

_LONGEST = 900
"""Bytes of a name in a run; the key of an object has at most 1024."""


class RunFiles(NamedTuple):
    """The files of a run besides its manifest, by their names in it."""

    record: str | None
    """The record, plain or compressed; None where nothing was recorded."""
    other_record: str
    """What the record is called in its other form."""
    others: list[str]
    left_out: list[str]
    """Links, pipes and the like, and names that no object can have."""


def run_files(folder: Path) -> RunFiles:
    """Return the files of a run. Hidden ones are no part of it: journals, folders of the agent, unfinished files."""
    record = next((name for name in RECORDS if is_plain(folder / name)), None)
    others = [name for name in _names(folder) if name not in (MANIFEST, POINTER, *RECORDS)]
    fit = [name for name in others if is_plain(folder / name) and _fits(name)]
    return RunFiles(
        record=record,
        other_record=RECORDS[record == RECORDS[0]],
        others=fit,
        left_out=[name for name in others if name not in set(fit)],
    )


def _names(folder: Path) -> Iterator[str]:
    """Yield all but folders; no link is followed."""
    for place, folders, files in os.walk(folder):
        if place == str(folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            files = [name for name in files if not name.startswith(".")]
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in sorted([*files, *links]))


def _fits(name: str) -> bool:
    try:
        return len(name.encode()) <= _LONGEST
    except UnicodeEncodeError:
        return False
