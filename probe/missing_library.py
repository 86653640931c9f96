"""The error about a library that only an extra brings."""

from __future__ import annotations

import re
import shlex
import sys
from collections import Counter
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from probe.errors import UserError
from probe.places import IS_CHECKOUT, PROJECT


def missing_library(name: str) -> UserError:
    """Return the error; its hint installs the extra that has the library, however this program was installed."""
    extra = _extra_of(name, _listed())
    whole = f"the extra {extra} has it, with all else that this needs: " if extra else ""
    return UserError(f"{name} is not installed, and this needs it", whole + install_command(name))


def install_command(name: str) -> str:
    """Return the command that installs all libraries of an extra beside this program; a library names the extra."""
    listed = _listed()
    extra = _extra_of(name, listed)
    if extra and IS_CHECKOUT and Path(sys.prefix).is_relative_to(PROJECT):
        # Inexact: what other extras brought stays.
        return shlex.join(["uv", "sync", "--inexact", "--extra", extra, "--project", str(PROJECT)])
    chosen = [one for one in listed if (extra in _extras(one) if extra else _is(name, one)) and _fits_python(one)]
    fitting = [one.partition(";")[0].strip() for one in chosen]
    return shlex.join(["uv", "pip", "install", "--python", sys.executable, *(fitting or [name])])


def _listed() -> list[str]:
    """Return what this package requires, that of its extras included."""
    try:
        return requires("agent-probe") or []
    except PackageNotFoundError:
        return []


def _extra_of(name: str, listed: list[str]) -> str | None:
    """Return the smallest extra that has a library."""
    size = Counter(extra for one in listed for extra in _extras(one))
    having = {extra for one in listed if _is(name, one) for extra in _extras(one)}
    return min(sorted(having), key=size.__getitem__, default=None)


def _extras(requirement: str) -> list[str]:
    return re.findall(r"extra == ['\"]([\w-]+)['\"]", requirement)


def _is(name: str, requirement: str) -> bool:
    return re.match(rf"{re.escape(name)}(?![\w.-])", requirement) is not None


def _fits_python(requirement: str) -> bool:
    """Check whether a requirement is for this version of Python."""
    limit = re.search(r"python_version (<|>=) ['\"]3\.(\d+)", requirement)
    return limit is None or (sys.version_info < (3, int(limit[2]))) == (limit[1] == "<")
