"""What an agent gets to keep while a run lasts: a target's settings files, and empty folders in a replay.

All of it goes when the run ends: an agent may have written its sign-in beside the settings.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from probe.addon.private_files import private_folder
from probe.record.files import write_private
from probe.targets import expand

NAME = ".agent-folders"
"""Inside the run's folder; one that a user has named may hold files of theirs, of other names."""
FILES = "files"
"""Inside of that: what `{files}` stands for."""


def files_folder(run: Path) -> Path:
    """Give the folder in which a run's settings files are."""
    return run / NAME / FILES


def write_files(
    run: Path, files: Mapping[str, Any], placeholders: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Write a target's settings files, placeholders filled. Raises OSError.

    Returns what each says, but for the values of `keys`: those stay `{key}`.
    """
    for name, value in files.items():
        path = files_folder(run) / name
        private_folder(path.parent)
        write_private(path, _text(value, {**placeholders, **(keys or {})}))
    return {name: _text(value, placeholders) for name, value in files.items()}


def fresh_folders(run: Path, variables: Iterable[str]) -> dict[str, str]:
    """Make an empty folder for each variable that names one."""
    folders = {name: run / NAME / name for name in variables}
    for folder in folders.values():
        private_folder(folder)
    return {name: str(folder) for name, folder in folders.items()}


def remove(run: Path) -> str | None:
    """Remove it all; say what is still there, or None. No link is followed, whatever the agent put there."""
    folder = run / NAME
    if run.is_symlink() or not os.path.lexists(folder):
        return None
    with contextlib.suppress(OSError):
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink()
        else:
            _remove_tree(folder)
    return f"what the agent kept could not be removed: {folder}" if os.path.lexists(folder) else None


def _remove_tree(folder: Path) -> None:
    """Remove a folder; those that the agent closed, to us too, are opened first."""
    folder.chmod(0o700)
    for path, folders, _ in os.walk(folder):
        for one in (Path(path, name) for name in folders):
            if not one.is_symlink():
                one.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _text(value: Any, placeholders: Mapping[str, str]) -> str:
    """Give what a file says: a text as it is, a mapping or a list as JSON."""
    filled = _filled(value, dict(placeholders))
    return filled if isinstance(filled, str) else json.dumps(filled, indent=2, ensure_ascii=False) + "\n"


def _filled(value: Any, placeholders: dict[str, str]) -> Any:
    match value:
        case str():
            return expand(value, placeholders)
        case dict():
            return {key: _filled(one, placeholders) for key, one in value.items()}
        case list():
            return [_filled(one, placeholders) for one in value]
        case _:
            return value
