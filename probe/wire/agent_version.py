"""Asking an agent for its version, in the one way that neither costs nor changes anything."""

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
"""Bytes of what an agent may say of itself."""
_LONGEST_VERSION = 200


def ask_version(program: str, environ: Mapping[str, str], settings: Settings) -> subprocess.Popen[bytes]:
    """Start an agent with `--version`; some take a second to answer. Raises OSError where it does not start.

    It gets no key: an agent that takes the question for a prompt must not be paid for.
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
    """Return what it answered, then end it; None where it said nothing in time."""
    return _first_line(process, seconds)[:_LONGEST_VERSION] or None


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Return the first line that a program says, and end it with those of its group; empty where it says none in time.

    It may say no end of things, or leave a process behind that keeps the pipe open. Some (pi) say it on stderr.
    """
    said, until = b"", time.monotonic() + seconds
    for pipe in filter(None, (process.stdout, process.stderr)):
        said = said or _first_of(pipe, until)
        pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, until - time.monotonic()))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return said.partition(b"\n")[0].decode(errors="replace").strip()


def _first_of(pipe: IO[bytes], until: float) -> bytes:
    """Read until a line is there, or the end, or the time is up."""
    said = b""
    while b"\n" not in said and len(said) < _LONGEST_LINE:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        data = os.read(pipe.fileno(), _LONGEST_LINE) if ready else b""
        if not data:
            break
        said += data
    return said.strip()
