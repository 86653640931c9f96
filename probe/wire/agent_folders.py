"""Temporary folders of an agent: a target's settings files, and empty folders in a replay.

They are deleted when the run ends: an agent may have written its sign-in next to the settings.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from probe.addon.private_files import private_folder
from probe.record.files import write_private
from probe.targets.file_formats import written_value
from probe.targets.target import expand

NAME = ".agent-folders"
"""Inside the run's folder, where a user may have files with other names."""
_XDG = {"XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share", "XDG_CACHE_HOME": ".cache"}
FILES = "files"
"""Inside of that: the folder `{files}`."""


def files_folder(run: Path) -> Path:
    """Return the folder of a run's settings files."""
    return run / NAME / FILES


def write_files(
    run: Path, files: Mapping[str, Any], placeholders: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Write a target's settings files, placeholders filled. Raises OSError.

    Returns their texts, but with `{key}` for the values of `keys`.
    """
    for name, value in files.items():
        path = files_folder(run) / name
        private_folder(path.parent)
        write_private(path, _text(name, value, {**placeholders, **(keys or {})}))
    return {name: _text(name, value, placeholders) for name, value in files.items()}


def fresh_folders(run: Path, variables: Iterable[str]) -> dict[str, str]:
    """Create an empty folder for each variable; return the variables with their folders."""
    folders = {name: run / NAME / name for name in variables}
    for folder in folders.values():
        private_folder(folder)
    return {name: str(folder) for name, folder in folders.items()}


def known_folders(run: Path, variables: Iterable[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the folders that an agent may name, for the manifest: home, the run, and those of its variables."""
    home = env.get("HOME", "")
    usual = {name: str(Path(home, _usual(name))) for name in variables if home}
    own = {name: env.get(name) or path for name, path in usual.items()}
    return {"run": str(run.resolve())} | ({"home": home} if home else {}) | own


def _usual(variable: str) -> str:
    """Return where in the home folder is what a variable would move: `.codex` for `CODEX_HOME`."""
    return _XDG.get(variable) or "." + variable.removesuffix("_HOME").removesuffix("_CONFIG_DIR").lower()


def remove(run: Path) -> str | None:
    """Remove the folders without following links; return an error message if anything remains, or None."""
    folder = run / NAME
    if run.is_symlink() or not os.path.lexists(folder):
        return None
    with contextlib.suppress(OSError):
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink()
        else:
            _remove_tree(folder)
    return f"the agent's temporary folder could not be removed: {folder}" if os.path.lexists(folder) else None


def _remove_tree(folder: Path) -> None:
    """Remove a folder; make those accessible first that the agent has protected."""
    folder.chmod(0o700)
    for path, folders, _ in os.walk(folder):
        for one in (Path(path, name) for name in folders):
            if not one.is_symlink():
                one.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _text(name: str, value: Any, placeholders: Mapping[str, str]) -> str:
    """Return a file's text: a text unchanged, a mapping or a list in the format that the name tells."""
    filled = _filled(value, dict(placeholders))
    return filled if isinstance(filled, str) else written_value(name, filled)


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
