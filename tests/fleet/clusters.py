"""Schedulers and workers of Dask as processes of their own, which a test may kill."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from probe.places import PROJECT
from probe.wire.ports import free_ports

_LIFETIME = "120"
"""Seconds after which a worker ends that finds no scheduler: that of a test which was killed."""


_START_SECONDS = 60


class Cluster:
    """A scheduler and workers, without anything that starts killed ones again."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        (port,) = free_ports(1)
        self._port = port
        self.address = f"tcp://127.0.0.1:{port}"
        self.folder, self._environment = folder, {**os.environ, **environment}
        self._lock = threading.Lock()
        self.killed = 0
        self._processes = [self._start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]

    def wait(self) -> None:
        """Wait until the scheduler answers."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            assert self._processes[0].poll() is None, (self.folder / "dask.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.1)
        raise TimeoutError("the scheduler does not answer")

    def add_worker(self) -> None:
        """Start a worker."""
        words = ("--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard", "--death-timeout", _LIFETIME)
        process = self._start("worker", self.address, *words, "--local-directory", str(self.folder / "scratch"))
        with self._lock:
            self._processes.append(process)

    def _start(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "dask.log").open("ab") as log:
            command = [sys.executable, "-m", "dask", kind, *words]
            return subprocess.Popen(command, cwd=PROJECT, env=self._environment, stdout=log, stderr=log)

    @property
    def workers(self) -> list[subprocess.Popen[bytes]]:
        """Return the workers that are running."""
        with self._lock:
            return [one for one in self._processes[1:] if one.poll() is None]

    def kill_worker(self, random: Random) -> None:
        """Kill a worker by SIGKILL."""
        if running := self.workers:
            random.choice(running).kill()
            self.killed += 1

    def kill_scheduler(self) -> None:
        """Kill the scheduler by SIGKILL."""
        self._processes[0].kill()

    def close(self) -> None:
        """Kill all."""
        for process in reversed(self._processes):
            process.kill()
        for process in self._processes:
            process.wait(timeout=30)


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int, **environment: str) -> Iterator[Cluster]:
    """Run a scheduler and workers until the end."""
    cluster = Cluster(folder, environment)
    try:
        for _ in range(workers):
            cluster.add_worker()
        cluster.wait()
        yield cluster
    finally:
        cluster.close()


@contextlib.contextmanager
def chaos(cluster: Cluster, workers: int, every: float | None, seed: int = 1) -> Iterator[None]:
    """Kill a worker every few seconds, if a time is given; start a new one for each that has ended."""
    end = threading.Event()

    def run() -> None:
        random, waited = Random(seed), 0.0
        while not end.wait(0.1):
            waited += 0.1
            if every is not None and waited >= every:
                waited = 0.0
                cluster.kill_worker(random)
            for _ in range(workers - len(cluster.workers)):
                cluster.add_worker()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(timeout=30)
