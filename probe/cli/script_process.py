"""Run scripts that end with their parent process and get its signals."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from probe.cli.called_as import CALLED_AS, way_of_calling
from probe.cli.own_environment import PARENT, forget_own_environment, own_environment

if TYPE_CHECKING:
    import subprocess

_PR_SET_PDEATHSIG = 1
_END_SECONDS = 60
"""How long a script may take to complete what it writes."""


def die_with_parent() -> None:
    """Get SIGTERM when the script that started this one is killed (only on Linux)."""
    parent = os.environ.pop(PARENT, None)
    if parent is not None:
        forget_own_environment()
    if parent is None or not sys.platform.startswith("linux"):
        return
    import ctypes  # Here: this is loaded with every `invoke --list`.

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        raise SystemExit(128 + signal.SIGTERM)


STEP = "PROBE_STEP"
"""Set for a script that is a step of a pipeline."""
_is_step = bool(os.environ.pop(STEP, None))


def is_step() -> bool:
    """Check whether this script is a step of a pipeline, which continues with its result."""
    return _is_step


def run_script(
    module: str,
    arguments: Sequence[str],
    *,
    step: bool = False,
    stdout: int | TextIO | None = None,
    seconds: float | None = None,
) -> int:
    """Run a script of agent-probe in this terminal and return its exit code.

    Ctrl-C reaches it through the terminal, so this process keeps waiting; SIGTERM and SIGHUP are passed on.
    A script that takes longer than `seconds` is ended; raises TimeoutError then.
    """
    import subprocess  # Here: a script that is run this way loads this module too.

    command = [sys.executable, "-m", module, *arguments]
    env = own_environment() | {PARENT: str(os.getpid()), CALLED_AS: way_of_calling()}
    env |= {STEP: "1"} if step else {}
    process = subprocess.Popen(command, env=env, stdout=stdout)

    def forward(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)

    with (
        _handling(signal.SIGINT, lambda *_: None),
        _handling(signal.SIGTERM, forward),
        _handling(signal.SIGHUP, forward),
    ):
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise TimeoutError(f"{module} took more than {seconds} seconds") from error
    return code if code >= 0 else 128 - code


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a script, by force where it does not end by itself."""
    import subprocess  # Here: as above.

    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _handling(number: int, handler: object) -> Iterator[None]:
    old = signal.signal(number, handler)  # type: ignore[arg-type]
    try:
        yield
    finally:
        signal.signal(number, old)
