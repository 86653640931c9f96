"""Start workers of Dask on this machine, or use those of a scheduler."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from probe.errors import UserError
from probe.fleet.jobs import Report
from probe.fleet.workers import DaskWorkers
from probe.missing_library import missing_library

if TYPE_CHECKING:
    from distributed import Client

_FAILURES = 4
"""Workers that may die with one job before it is given up: runs are stored one by one, so the next one goes on."""
_ADDRESS = re.compile(r"[a-z]+://[^/\s]+:\d+")
_HINT = "start one with: dask scheduler; it prints its address, such as tcp://127.0.0.1:8786"
_CONNECT_SECONDS = 10
_WORKER_SECONDS = 60
_SETTINGS = {
    "distributed.scheduler.allowed-failures": _FAILURES,
    # What only somebody who watches needs costs every worker time.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.preload": ["probe.fleet.own_worker"],
    # A worker that is busy with a long line does not answer for a while.
    "distributed.admin.tick.limit": "1h",
}


@contextlib.contextmanager
def local_workers(number: int | None, report: Report) -> Iterator[DaskWorkers]:
    """Run worker processes on this machine until the end; they die with this process. Raises UserError."""
    _check_installed()
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set(_SETTINGS),
        LocalCluster(
            n_workers=number or os.cpu_count() or 1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            # Other users of this machine may connect, but have no certificate.
            security=True,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield DaskWorkers(client, report)


@contextlib.contextmanager
def scheduler_workers(address: str, report: Report) -> Iterator[DaskWorkers]:
    """Use the workers of a scheduler. Raises UserError where it cannot be reached, or has no worker."""
    _check_installed()
    _silence()
    with _connected(address) as client:
        try:
            client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except TimeoutError as error:
            raise UserError(
                f"the scheduler {address} has had no worker for {_WORKER_SECONDS} seconds",
                f"start one, on any machine that sees the runs: dask worker {address} --nthreads 1",
            ) from error
        yield DaskWorkers(client, report)


def _connected(address: str) -> Client:
    from distributed import Client

    if not _ADDRESS.fullmatch(address):
        raise UserError(f"--scheduler {address} is no address of a scheduler", _HINT)
    try:
        return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(
            f"the scheduler {address} cannot be reached: {_short(error)}",
            _HINT,
        ) from error


def _short(error: Any) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _silence() -> None:
    """Let Dask print nothing: the command's own error says why it ended."""
    import distributed  # noqa: F401 - it makes its loggers, each with a level of its own

    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _check_installed() -> None:
    try:
        import distributed  # noqa: F401 - an extra
    except ImportError as error:
        raise missing_library("distributed") from error
