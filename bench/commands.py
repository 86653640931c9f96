"""Run commands in turns, and note what each took."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from probe.places import PROJECT


class Took(NamedTuple):
    """What a command took, with all processes that it waited for."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    megabytes: float
    """The most memory that one of its processes had."""


def took(command: Sequence[str], folder: Path, *, may_fail: bool = False) -> Took:
    """Run a command to its end. Raises CalledProcessError when it fails and may not."""
    # Without compiled modules each start would compile them again.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=env | {"PYTHONPATH": str(PROJECT)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and not may_fail:
        raise subprocess.CalledProcessError(process.returncode, shlex.join(command))
    unit = 1 if sys.platform == "darwin" else 1024
    return Took(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * unit / 1e6)


def in_turns(
    commands: Mapping[str, Sequence[str]], rounds: int, folder: Path, *, may_fail: bool = False
) -> dict[str, Took]:
    """Run each command once a round; return the least that each took: what others do on the machine only adds."""
    found: dict[str, list[Took]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(took(command, folder, may_fail=may_fail))
    return {name: Took(*map(min, zip(*all_, strict=True))) for name, all_ in found.items()}
