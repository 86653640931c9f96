"""The environment of processes of ours, which the agent does not get."""

from __future__ import annotations

import os
from pathlib import Path

_PROJECT = str(Path(__file__).resolve().parents[2])
PARENT = "PROBE_PARENT"
"""Names the process that a script must not outlive; see `probe.cli.script_process`."""
_OURS = "probe"
"""Value of PYTHONSAFEPATH, of which any will do, by which it is known that the user has not set it."""


def own_environment() -> dict[str, str]:
    """Give the environment of a process of ours: it takes modules from this project and from where they are installed,
    never from the current folder, into which an agent may have put one of the same name.
    """
    path = os.pathsep.join(filter(None, (_PROJECT, os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": os.environ.get("PYTHONSAFEPATH") or _OURS}


def forget_own_environment() -> None:
    """Take out what was added for us alone: the agent gets what the user has set."""
    if os.environ.get("PYTHONSAFEPATH") == _OURS:
        del os.environ["PYTHONSAFEPATH"]
    first, _, rest = os.environ.get("PYTHONPATH", "").partition(os.pathsep)
    if first == _PROJECT:
        del os.environ["PYTHONPATH"]
        os.environ |= {"PYTHONPATH": rest} if rest else {}
