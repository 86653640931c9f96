"""Folders that nobody else may look into."""

from __future__ import annotations

from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for nobody else to look into."""
    # mkdir's own `parents` gives the mode to the last one only.
    for missing in [path for path in reversed((folder, *folder.parents)) if not path.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
