"""Kill a process while it compresses a run's record, or undoes that, before each thing that it does to files.

    python -m tests.support.killed_compressing compress|decompress SAMPLE FOLDER

It prints a line of JSON for each point: what is in the folder then, and whether the record is whole.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from probe.record import compressed
from probe.record.manifest import Manifest
from probe.record.open_record import record_sha256
from probe.record.runs import TRAFFIC, Run

_CHANGES = ("open", "os.rename", "os.remove", "os.utime")
"""Events of Python's audit; see the table of them in its documentation."""


def run_in(folder: Path) -> Run:
    """Return the run in a folder."""
    return Run(folder=folder, target="codex", manifest=Manifest.read(folder))


def _killed_at(point: int, what: str, folder: Path) -> bool:
    """Do it in another process, which is killed at a point; return whether it came that far."""
    if pid := os.fork():
        status = os.waitpid(pid, 0)[1]
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
        return status != 0
    left = point

    def count(event: str, arguments: Any) -> None:
        nonlocal left
        if event in _CHANGES:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        run = run_in(folder)
        sys.addaudithook(count)
        getattr(compressed, what)(run)
        code = 0
    finally:
        os._exit(code)


def main() -> int:
    """Kill it at every point, each time with a fresh run."""
    what, sample, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    expected = record_sha256(sample / TRAFFIC)
    for point in range(1000):
        shutil.copytree(sample, folder)
        if what == "decompress":
            compressed.compress(run_in(folder))
        came_so_far = _killed_at(point, what, folder)
        files = sorted(path.name for path in folder.iterdir())
        whole = record_sha256(folder / TRAFFIC) == expected
        getattr(compressed, what)(run_in(folder))
        after = sorted(path.name for path in folder.iterdir())
        went_on = record_sha256(folder / TRAFFIC) == expected
        print(json.dumps({"killed": came_so_far, "files": files, "whole": whole, "after": after, "went_on": went_on}))
        shutil.rmtree(folder)
        if not came_so_far:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
