"""The error about a library that only an extra brings."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires

from probe.errors import UserError


def missing_library(name: str) -> UserError:
    """Return the error; its hint installs the library beside this program, however that was installed."""
    command = ["uv", "pip", "install", "--python", sys.executable, _requirement(name)]
    return UserError(f"{name} is not installed, and this needs it", shlex.join(command))


def _requirement(name: str) -> str:
    """Return a library with the versions that fit."""
    try:
        listed = requires("agent-probe") or []
    except PackageNotFoundError:
        listed = []
    return next((one.partition(";")[0].strip() for one in listed if re.match(rf"{name}\b", one)), name)
