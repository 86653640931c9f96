"""Ask an agent for its version without costs or changes."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from typing import IO

from probe.settings.settings import Settings
from probe.wire.environment import is_key

_LONGEST_LINE = 4096
"""Maximum bytes to read of the agent's output."""
_LONGEST_VERSION = 200


def ask_version(program: str, environ: Mapping[str, str], settings: Settings) -> subprocess.Popen[bytes]:
    """Start an agent with `--version`; some take a second to answer. Raises OSError if it does not start.

    It gets no key: an agent that mistakes the option for a prompt must not cause costs.
    """
    return subprocess.Popen(
        [program, "--version"],
        env={name: value for name, value in environ.items() if not is_key(name, settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def answered_version(process: subprocess.Popen[bytes], seconds: float) -> str | None:
    """Return the version that it printed, or None if there was none in time; then end it."""
    return _first_line(process, seconds)[:_LONGEST_VERSION] or None


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Return the first line that a program prints in time, or an empty one; then end its process group.

    It may print without end, or leave a process behind that keeps the pipe open. Some (pi) print it on stderr.
    """
    output, until = b"", time.monotonic() + seconds
    for pipe in filter(None, (process.stdout, process.stderr)):
        output = output or _first_of(pipe, until)
        pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, until - time.monotonic()))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return output.partition(b"\n")[0].decode(errors="replace").strip()


def _first_of(pipe: IO[bytes], until: float) -> bytes:
    """Read until there is a whole line, or the end, or the time is up."""
    output = b""
    while b"\n" not in output and len(output) < _LONGEST_LINE:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        data = os.read(pipe.fileno(), _LONGEST_LINE) if ready else b""
        if not data:
            break
        output += data
    return output.strip()
