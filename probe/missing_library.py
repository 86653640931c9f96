"""The error about a library that only an extra brings."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires

from probe.errors import UserError


def missing_library(name: str) -> UserError:
    """Return the error; its hint installs the library beside this program, however that was installed."""
    return UserError(f"{name} is not installed, and this needs it", install_command(name))


def install_command(name: str) -> str:
    """Return the command that installs a library beside this program."""
    return shlex.join(["uv", "pip", "install", "--python", sys.executable, _requirement(name)])


def _requirement(name: str) -> str:
    """Return a library with the versions that fit."""
    try:
        listed = requires("agent-probe") or []
    except PackageNotFoundError:
        listed = []
    fitting = (one.partition(";")[0].strip() for one in listed if re.match(rf"{name}\b", one) and _fits_python(one))
    return next(fitting, name)


def _fits_python(requirement: str) -> bool:
    """Check whether a requirement is for this version of Python."""
    limit = re.search(r"python_version (<|>=) ['\"]3\.(\d+)", requirement)
    return limit is None or (sys.version_info < (3, int(limit[2]))) == (limit[1] == "<")
