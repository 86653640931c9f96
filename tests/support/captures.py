"""Run the project's scripts as a user would: as processes, in a home and with a data folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psutil

from probe.places import PROJECT
from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.record.runs import TRAFFIC

T = TypeVar("T")
SECONDS = 60.0
"""No script takes longer; most take one second."""
_WAITING_AGENT = [sys.executable, "-c", "import sys; sys.stdin.read()"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A script that has ended."""

    code: int
    stdout: str
    stderr: str


class Machine:
    """All that a script knows of the world: an empty home, an empty data folder, and a clean environment."""

    def __init__(self, root: Path) -> None:
        self.home, self.data, self.temporary = root / "home", root / "data", root / "tmp"
        self.workspace = root / "workspace"
        self.run_folder = self.data / "codex" / "run"
        for folder in (self.home, self.temporary, self.workspace):
            folder.mkdir(parents=True)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of every script: nothing of this process's own but the way to programs."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"HOME": str(self.home), "TMPDIR": str(self.temporary), "PATH": path, "TERM": "xterm", **more}

    def start(self, script: str, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a script."""
        return subprocess.Popen(
            [sys.executable, "-m", f"probe.{script}", *arguments],
            cwd=PROJECT,
            env=self.environment(env or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Run a script to its end."""
        with ending(self.start(script, *arguments, env=env)) as process:
            return ended(process)

    def capture(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Capture into the run folder; target codex, working in the workspace."""
        return self.run("capture", *self.capture_options(), *arguments, env=env)

    def capture_options(self) -> list[str]:
        """Return the options of every capture."""
        folders = {"--data-dir": self.data, "--output-dir": self.run_folder, "--cwd": self.workspace}
        return ["--target=codex", *(f"{name}={folder}" for name, folder in folders.items())]

    @property
    def records(self) -> list[Exchange]:
        """Read what was captured."""
        return read_records(self.run_folder)

    @property
    def manifest(self) -> dict[str, Any]:
        """Read the manifest of the run."""
        manifest: dict[str, Any] = json.loads((self.run_folder / "manifest.json").read_text())
        return manifest

    @contextmanager
    def listening(
        self, *arguments: str, env: Mapping[str, str] | None = None, command: list[str] | None = None
    ) -> Iterator[Listening]:
        """Capture an agent that only waits, so that the test itself can talk to the listeners; end it at the end."""
        options = [*self.capture_options(), *arguments, "--", *(command or _WAITING_AGENT)]
        with ending(self.start("capture", *options, env=env)) as process:
            wait_for(lambda: self._listeners(process), "listeners in the manifest")
            live = Listening(self, process)
            yield live
            live.end()

    def _listeners(self, process: subprocess.Popen[str]) -> bool:
        if process.poll() is not None:
            raise AssertionError(f"the capture ended: {process.communicate(timeout=SECONDS)}")
        return (self.run_folder / "manifest.json").exists() and "listeners" in self.manifest


class Listening:
    """A capture whose listeners are open."""

    def __init__(self, machine: Machine, process: subprocess.Popen[str]) -> None:
        self._machine = machine
        self._process = process
        self._ended: Ended | None = None
        listeners = machine.manifest["listeners"]
        self.urls = {name: f"http://{listener['address']}" for name, listener in listeners.items()}

    @property
    def url(self) -> str:
        """Return the address of the listener `model`."""
        return self.urls["model"]

    @property
    def proxy_process(self) -> psutil.Process:
        """Find the process that runs mitmproxy."""
        family = psutil.Process(self._process.pid).children(recursive=True)
        return next(process for process in family if "probe.wire.proxy" in process.cmdline())

    def record(self, path: str) -> Exchange:
        """Wait for the record of the exchange with a path, while the capture goes on."""
        return wait_for(lambda: self._find(path), f"a record of {path}")

    def _find(self, path: str) -> Exchange | None:
        traffic = self._machine.run_folder / TRAFFIC
        # A line that is still being written is no record yet.
        records = read_exchanges(traffic, lambda *_: None) if traffic.exists() else iter(())
        return next((one for one in records if urlsplit(one.request.url).path == path), None)

    def wait(self) -> Ended:
        """Wait for an end that comes although the agent still waits."""
        self._process.wait(SECONDS)
        return self.end()

    def end(self) -> Ended:
        """Let the agent end, and with it the capture."""
        if self._ended is None:
            self._ended = ended(self._process)
        return self._ended


def read_records(folder: Path) -> list[Exchange]:
    """Read all records in a folder; a line that is none fails the test."""

    def fail(number: int, reason: str) -> None:
        raise AssertionError(f"line {number} is not a record: {reason}")

    path = folder / TRAFFIC
    return list(read_exchanges(path, fail)) if path.exists() else []


def ended(process: subprocess.Popen[str]) -> Ended:
    """Close a process's input and wait for its end."""
    stdout, stderr = process.communicate(timeout=SECONDS)
    return Ended(code=process.returncode, stdout=stdout, stderr=stderr)


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """End a process, in an orderly way first, when the block is left and it still runs."""
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.communicate(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_for(look: Callable[[], T | None], what: str, seconds: float = 20.0) -> T:
    """Look again and again until something is there. Raises AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} after {seconds:g} seconds")
        time.sleep(0.02)
    return found
