"""Find and end the processes that belong to a run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

import psutil

MARKER = "PROBE_RUN_MARKER"
"""Environment variable that every process of a run's agent inherits, its orphans too."""


def marked(marker: str) -> list[psutil.Process]:
    """Return the processes, other than this one, that carry a run's marker in their environment."""
    found = []
    for process in psutil.process_iter():
        # Other users' processes do not show their environment; a process may end during the search.
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARKER) == marker:
                found.append(process)
    return found


def end_marked(marker: str) -> None:
    """End all processes of a run: politely, then by force."""
    end(marked(marker), 2.0)
    # Those started in the meantime.
    end(marked(marker), 0.5)


def end(processes: Iterable[psutil.Process], grace: float) -> None:
    """Send SIGTERM, and SIGKILL to those that still run after `grace` seconds."""
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
            # A stopped process does not handle SIGTERM before it continues.
            process.resume()
    _, alive = psutil.wait_procs(processes, timeout=grace)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=1.0)


def holder_of(port: int) -> str | None:
    """Return the process that listens on a TCP port, as `name (pid N)`; None when it is unknown."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="inet"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return None
