"""Run the agent in the user's own terminal, and end it when the run must end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probe.errors import UserError
from probe.targets.target import Target
from probe.wire.interrupts import Interrupts, in_foreground
from probe.wire.process_tree import MARKER, end_marked

_POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class AgentEnd:
    """How the agent's process ended."""

    exit_code: int
    """Its own, or 128 and the signal's number."""
    stopped_because: str | None
    """Why agent-probe ended it; None when it ended by itself."""
    never_ran: bool = False
    """True when the run was cancelled before the agent was started."""


def runs_agent(program: str, target: Target) -> bool:
    """Check whether a program is this target's agent."""
    return target.agent is not None and Path(program).name == Path(target.agent).name


def with_target_args(command: Sequence[str], target: Target, args: Sequence[str]) -> list[str]:
    """Return the command with the target's `args` after the program's name, if it runs this target's agent."""
    return [command[0], *(args if runs_agent(command[0], target) else []), *command[1:]]


def find_program(program: str, path: str | None, target: Target) -> str:
    """Return the program's path. Raises UserError with the install command when there is none."""
    found = shutil.which(program, path=path) or shutil.which(program, path=str(Path(sys.executable).parent))
    if found:
        # The agent may work in another folder.
        return str(Path(found).absolute())
    installable = runs_agent(program, target) and target.install
    install = f"install it: {target.install}" if installable else "is it on your PATH?"
    raise UserError(f"{program!r} is not installed", install)


def run_agent(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    interrupts: Interrupts,
    trouble: Callable[[], str | None],
) -> AgentEnd:
    """Run the agent to its end; end it after a signal, or when `trouble` returns why it cannot continue.

    Raises UserError when it cannot be started.
    """
    if interrupts.received is not None:
        # Cancelled while the proxies started: a request that is sent now may cost money.
        code = 128 + interrupts.received
        return AgentEnd(exit_code=code, stopped_because="the run was interrupted", never_ran=True)
    try:
        with _terminal_kept():
            interrupts.terminal_is_the_agents = in_foreground()
            process = subprocess.Popen(command, env=environment, cwd=folder)
            try:
                reason = _wait(process, interrupts, trouble)
            finally:
                interrupts.terminal_is_the_agents = False
                # Processes that the agent left in the background would use proxies that are gone.
                _end(process, environment[MARKER])
    except (OSError, ValueError) as error:
        raise UserError(f"{command[0]!r} cannot be started: {error}") from error
    code = process.returncode
    return AgentEnd(exit_code=code if code >= 0 else 128 - code, stopped_because=reason)


def _wait(process: subprocess.Popen[bytes], interrupts: Interrupts, trouble: Callable[[], str | None]) -> str | None:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
            return None
        if interrupts.received is not None:
            return "the run was interrupted"
        if reason := trouble():
            return reason


def _end(process: subprocess.Popen[bytes], marker: str) -> None:
    if process.poll() is None:
        process.terminate()
    end_marked(marker)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    if process.poll() is None:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """Restore the terminal's modes afterwards: an agent that was ended may have left it raw."""
    if not os.isatty(0):
        yield
        return
    modes = termios.tcgetattr(0)
    try:
        yield
    finally:
        if in_foreground():
            termios.tcsetattr(0, termios.TCSADRAIN, modes)
