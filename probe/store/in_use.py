"""Which mirrors of buckets this process has used, and which runs in them: a command's end uploads what is new."""

from __future__ import annotations

from pathlib import Path

_used: dict[Path, set[Path]] = {}


def note_use(mirror: Path, run: Path | None = None) -> None:
    """Note a mirror as used, and a run of it as opened."""
    _used.setdefault(mirror, set()).update([run] if run else [])


def used_mirrors() -> dict[Path, set[Path]]:
    """Return the mirrors that were used, each with the folders of the runs that were opened."""
    return _used
