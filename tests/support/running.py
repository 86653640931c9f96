"""A script of ours as a process, watched from outside: what it says, what it starts, what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from probe.places import PROJECT
from probe.record.manifest import Manifest

SECONDS = 120.0
_OWN_MARKER = "PROBE_TEST_MARKER"


class Running:
    """`python -m probe.<script> …` (or any command) with a home and a data folder of its own."""

    def __init__(
        self, folder: Path, *arguments: str, env: Mapping[str, str] | None = None, command: list[str] | None = None
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._marker = f"{folder}:{os.urandom(8).hex()}"
        (folder / "home").mkdir(exist_ok=True)
        names = {"HOME": str(folder / "home"), "PATH": os.environ["PATH"], "PROBE_DATA_DIR": str(self.data)}
        self.process = subprocess.Popen(
            [*(command or [sys.executable, "-m"]), *arguments],
            env=names | {_OWN_MARKER: self._marker, "PYTHONPATH": str(PROJECT), **(env or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=(folder / "stdout").open("wb"),
            stderr=(folder / "stderr").open("wb"),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait(SECONDS)

    @property
    def stdout(self) -> str:
        """Return what it said on stdout so far."""
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """Return what it said on stderr so far."""
        return (self.folder / "stderr").read_text()

    def wait(self) -> int:
        """Wait for its end and give the exit code."""
        return self.process.wait(SECONDS)

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something holds; fail with all that was said when it never does."""
        end = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: never\n{self.stdout}\n{self.stderr}")
            time.sleep(0.02)

    def until_said(self, text: str) -> None:
        """Wait until a text was printed; a process that ends before will not print it."""

        def is_said() -> bool:
            ended = self.process.poll() is not None  # Before the look at what it said: it may say it as its last word.
            if text in self.stdout or text in self.stderr:
                return True
            assert not ended, f"it ended without saying {text!r}\n{self.stdout}\n{self.stderr}"
            return False

        self.until(is_said, f"saying {text!r}")

    def processes(self) -> list[psutil.Process]:
        """Return every process that came of this one and still runs, orphans too."""
        return list(self._processes())

    def _processes(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                mine = process.environ().get(_OWN_MARKER) == self._marker
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def python(self, *arguments: str) -> psutil.Process:
        """Return the one Python process whose arguments begin like this."""
        found = [one for one in self.processes() if tuple(one.cmdline()[1 : 1 + len(arguments)]) == arguments]
        assert len(found) == 1, f"{len(found)} processes with {arguments}"
        return found[0]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the script alone."""
        self.process.send_signal(number)

    def until_nothing_runs(self) -> None:
        """Wait until no process is left of it."""
        self.until(lambda: not self.processes(), f"ending of {self.processes()}")

    def run_folder(self) -> Path:
        """Return the folder of the one run."""
        (folder,) = [path for path in self.data.glob("*/*") if path.parent.name[0] != "."]
        return folder

    def records(self) -> list[dict[str, Any]]:
        """Return the records of the one run."""
        return [json.loads(line) for line in (self.run_folder() / "traffic.jsonl").read_bytes().splitlines()]

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of the one run."""
        return Manifest.read(self.run_folder()).data
