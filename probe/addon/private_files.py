"""Folders that only their owner can access."""

from __future__ import annotations

from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make a folder and its missing parents, accessible only to their owner."""
    # mkdir's own `parents` sets the mode of the last one only.
    for missing in [path for path in reversed((folder, *folder.parents)) if not path.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
