"""The environment of agent-probe's own processes, which the agent does not get."""

from __future__ import annotations

import os

from probe.places import IS_CHECKOUT, PROJECT

PARENT = "PROBE_PARENT"
"""Names the process that a script must not outlive; see `probe.cli.script_process`."""
_MARK = "probe"
"""Value of PYTHONSAFEPATH that shows that the user has not set it; any value works."""


def own_environment() -> dict[str, str]:
    """Return the environment of an own process, which imports from this project and installed packages only.

    It never imports from the current folder, where an agent may have created a module of the same name.
    """
    safe = os.environ | {"PYTHONSAFEPATH": os.environ.get("PYTHONSAFEPATH") or _MARK}
    if not IS_CHECKOUT:
        return safe
    return safe | {"PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))}


def forget_own_environment() -> None:
    """Remove what `own_environment` added: the agent gets what the user has set."""
    if os.environ.get("PYTHONSAFEPATH") == _MARK:
        del os.environ["PYTHONSAFEPATH"]
    first, _, rest = os.environ.get("PYTHONPATH", "").partition(os.pathsep)
    if IS_CHECKOUT and first == str(PROJECT):
        del os.environ["PYTHONPATH"]
        os.environ |= {"PYTHONPATH": rest} if rest else {}
