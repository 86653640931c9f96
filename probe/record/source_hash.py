"""Hash the source of what makes a file, so that the file is made anew when it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

_PROBE = Path(__file__).parents[1]


def source_sha256(rooms: Iterable[str], modules: Iterable[ModuleType] = ()) -> str:
    """Return the hash of the code and rules in folders of the project, and of modules from elsewhere."""
    files = [file for room in rooms for file in sorted((_PROBE / room).rglob("*.*")) if file.suffix in (".py", ".yaml")]
    others = [Path(module.__file__) for module in modules if module.__file__]
    digest = hashlib.sha256()
    for file in dict.fromkeys([*files, *others]):
        digest.update(file.read_bytes())
    return digest.hexdigest()
