"""A helper process: started with its settings, awaited until it is ready, never left behind.

The two exchange JSON lines over pipes. When the pipe to the child is closed, the child stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from typing import Any

from probe.cli.own_environment import own_environment

START_SECONDS = 60.0
"""Starting takes half a second; a hundred at once on two cores take longer."""
STOP_SECONDS = 60.0
"""Writing the record of a body of many hundred megabytes takes seconds."""


class ChildError(Exception):
    """A helper process did not become ready; the text is its output."""

    def __init__(self, text: str, message: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.message = message or {}
        """What it sent instead of `ready`; empty if it sent nothing."""


class Child:
    """One `python -m MODULE` process."""

    def __init__(self, module: str, settings: dict[str, Any]) -> None:
        self._module = module
        self._buffer = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            env=own_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A file, since nobody reads while it runs: a full pipe would stop it.
            stderr=self._errors,
            bufsize=0,
            # Ctrl-C in the terminal is for the agent; this process ends on request.
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._gone = False
        with contextlib.suppress(BrokenPipeError):
            self._send(json.dumps(settings))

    def wait_ready(self) -> dict[str, Any]:
        """Wait for the `ready` message and return it. Raises ChildError."""
        message = self._read_message(START_SECONDS)
        if message is None or message.get("event") != "ready":
            self._process.kill()
            self._process.communicate()
            self._errors.seek(0)
            output = message or self._errors.read(1 << 16).decode(errors="replace").strip()
            self._end()
            ended = f"{self._module} ended with exit code {self._process.returncode}"
            raise ChildError(str(output) or ended, message)
        return message

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """Send a message and return the answer; None when the process ended, or after `seconds`."""
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._send(json.dumps(message))
        return self._read_message(seconds)

    def heard(self) -> dict[str, Any] | None:
        """Return a message that it sent without being asked; None where there is none."""
        return self._read_message(0.0)

    @property
    def alive(self) -> bool:
        """Check whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> dict[str, Any] | None:
        """Stop it and return its `stopped` message; None when it died without one."""
        if self._gone:
            return None
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._send("stop")
        message = self._read_message(STOP_SECONDS)
        while message and message.get("event") == "missed":
            message = self._read_message(STOP_SECONDS)
        self._end()
        return message if message and message.get("event") == "stopped" else None

    def _end(self) -> None:
        self._gone = True
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream:
                stream.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        data = memoryview(line.encode() + b"\n")
        while data:
            data = data[self._process.stdin.write(data) :]

    def _read_message(self, seconds: float) -> dict[str, Any] | None:
        """Return the next line as a message; None at the end of the output, or after `seconds`."""
        assert self._process.stdout is not None
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, until - time.monotonic())):
                    return None
                data = os.read(self._process.stdout.fileno(), 1 << 16)
                if not data:
                    return None
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            return {"event": "output", "text": line.decode(errors="replace")}
        return message if isinstance(message, dict) else None


# -- the child's side -----------------------------------------------------------------------------------------


def first_line() -> bytes:
    """Read the settings unbuffered, so that later lines do not wait in a buffer unseen."""
    line = b""
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as stdin:
        while data := stdin.readline():
            line += data
            if line.endswith(b"\n"):
                break
    return line


def send_to_parent(message: dict[str, Any]) -> None:
    """Send one line to the parent, which may be gone."""
    try:
        print(json.dumps(message), flush=True)
    except BrokenPipeError:
        sys.stdout = None
