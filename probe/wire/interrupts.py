"""End in an orderly way on Ctrl-C, SIGTERM and SIGHUP."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType


class Interrupts:
    """Remembers the first signal to end this script instead of dying from it."""

    def __init__(self) -> None:
        self.received: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.terminal_is_the_agents:
            # The terminal sent it to the agent as well, for which it may mean "stop this answer".
            return
        self.received = self.received or number

    terminal_is_the_agents = False
    """True while an agent uses the terminal that it shares with this process."""

    @property
    def exit_code(self) -> int | None:
        """Return 130, 143 or 129 after a signal, else None."""
        return None if self.received is None else 128 + self.received


def in_foreground() -> bool:
    """Check whether this process belongs to the group that gets the terminal's Ctrl-C."""
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False
