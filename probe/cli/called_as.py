"""Detect how the user called this program, so that hints show commands that work as typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from probe.places import PROJECT

CALLED_AS = "PROBE_CALLED_AS"
"""Passes the way of calling on to scripts that a task or another script starts."""
_COMMAND = re.compile(r"(?<![\w-])invoke ([a-z][a-z-]*)")


_given = os.environ.pop(CALLED_AS, None)  # Popped: the agent gets the user's environment.


def module_of(command: str) -> str:
    """Return the module of a script; `bench` measures the package from outside of it."""
    if command == "bench":
        return command
    # `import` is a word of Python's own.
    return "probe.import_run" if command == "import" else f"probe.{command.replace('-', '_')}"


def as_called(text: str) -> str:
    """Return a text in which each `invoke TASK` is spelled as the user called this program."""
    way = way_of_calling()
    return _COMMAND.sub(lambda match: way + (module_of(match[1]) if way.endswith(" -m ") else match[1]), text)


def way_of_calling() -> str:
    """Return what is typed before a task's name, or before a script's module."""
    uv = "UV_RUN_RECURSION_DEPTH" in os.environ
    return _given or read_way(sys.orig_argv, uv=uv, inside=_inside_project())


def _inside_project() -> bool:
    """Check whether the current folder is one of the project's; a folder that was deleted is not."""
    try:
        return Path.cwd().is_relative_to(PROJECT)
    except FileNotFoundError:
        return False


def read_way(words: Sequence[str], *, uv: bool, inside: bool) -> str:
    """Return the way of calling from the words that started Python; `inside`: in the project's folder.

    `uv run` replaces `python` by a full path, and the kernel puts one before the path of `invoke`.
    """
    place = words.index("-m") if "-m" in words else len(words)
    module = next(iter(words[place + 1 :]), "")
    python = ["python" if uv else words[0], *words[1:place], "-m"]
    root = [] if inside else ["--search-root", str(PROJECT)]
    if module.startswith("probe.") or module == "bench":
        way = python
    elif module == "invoke":
        way = [*python, "invoke", *root]
    elif program := next((word for word in words[:2] if Path(word).name in ("invoke", "inv", "probe")), None):
        name = Path(program).name
        root = [] if name == "probe" else root
        way = [name if uv or shutil.which(name) == program else program, *root]
    else:
        return "invoke "  # called by another program
    project = [] if inside else ["--project", str(PROJECT)]
    return shlex.join([*(["uv", "run", *project] if uv else []), *way]) + " "
