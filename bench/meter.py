"""What a process has used: CPU time and memory, from the kernel."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

_QUIET_SECONDS = 0.05
_QUIET_CPU = 0.001


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, user and system, of all its threads."""
    if sys.platform.startswith("linux"):
        # The process's CPU clock (clock_getcpuclockid); /proc and psutil count in steps of 10 ms.
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


class Cpu(NamedTuple):
    """CPU time in seconds."""

    own: float
    """Of the process itself."""
    whole: float
    """With that of the processes that it has started and that still run."""


def settled_cpu(pid: int, *, quiet: float = _QUIET_SECONDS, most: float = 60.0) -> Cpu:
    """Wait until a process has nothing more to do (what is written after the answer counts too); give its CPU time."""
    before, until = _cpu(pid), time.monotonic() + most
    while True:
        time.sleep(quiet)
        now = _cpu(pid)
        if now.whole - before.whole < _QUIET_CPU or time.monotonic() > until:
            return now
        before = now


def _cpu(pid: int) -> Cpu:
    own = cpu_seconds(pid)
    children = psutil.Process(pid).children(recursive=True)
    return Cpu(own, own + sum(cpu_seconds(child.pid) for child in children))


def resident_megabytes(pid: int) -> float:
    """Return how much memory a process has now."""
    return psutil.Process(pid).memory_info().rss / 1e6


def peak_megabytes(pid: int) -> float | None:
    """Return the most memory that a process ever had; None where the kernel does not report it (macOS)."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def forget_peak(pid: int) -> None:
    """Let the peak begin anew at what the process has now, where the kernel can."""
    # proc_pid_clear_refs(5)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
