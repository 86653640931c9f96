"""Show how far a fleet has been read: one line that is rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TextIO

from probe.report.plain_text import plural

_WINDOW_SECONDS = 60.0
"""How far back the rate is measured."""
_REWRITE_SECONDS, _LINE_SECONDS = 0.5, 30.0


class Progress:
    """Counts runs that are done; each counts once, however often it is reported."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._terminal = out.isatty()
        self._done: set[str] = set()
        self._bytes = 0
        self._read: set[str] = set()
        self._began = clock()
        self._total = 0
        self._known = 0
        self._marks: deque[tuple[float, int, int]] = deque()
        """Times with the runs and bytes that were done then."""
        self._shown = 0.0
        self._width = 0

    def start(self, total: int, known: int) -> None:
        """Begin with so many runs, of which some need not be read."""
        self._total, self._known = total, known
        self._done.clear()
        self._marks = deque([(self._clock(), known, 0)])
        self._shown = self._clock()

    def read(self, run: str, size: int) -> None:
        """Note that a run was read, of so many bytes; of none where its result was stored already."""
        self._done.add(run)
        if size:
            self._read.add(run)
            self._bytes += size

    def finished(self, runs: Iterable[str]) -> None:
        """Note runs that need no more work, whoever has read them."""
        self._done.update(runs)

    def show(self, workers: int) -> None:
        """Print the state, unless that was just done."""
        now = self._clock()
        if now - self._shown < (_REWRITE_SECONDS if self._terminal else _LINE_SECONDS):
            return
        self._shown = now
        self._marks.append((now, self._number, self._bytes))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW_SECONDS:
            self._marks.popleft()
        text = self.line(now, workers)
        if self._terminal:
            print("\r" + text.ljust(self._width), end="", file=self._out, flush=True)
            self._width = len(text)
        else:
            print(text, file=self._out, flush=True)

    @property
    def _number(self) -> int:
        return min(self._known + len(self._done), self._total)

    def line(self, now: float, workers: int) -> str:
        """Return the state in one line."""
        then, runs_then, bytes_then = self._marks[0]
        seconds = max(now - then, 1e-9)
        rate, speed = (self._number - runs_then) / seconds, (self._bytes - bytes_then) / seconds
        left = f"{duration((self._total - self._number) / rate)} left" if rate else "time left unknown"
        percent = 100 * self._number // max(self._total, 1)
        at_work = plural(workers, "worker") if workers else "no worker: start one, or end this with Ctrl-C"
        done = f"{self._number:,} of {self._total:,} runs ({percent} %)"
        return f"{done}, {rate:.1f} runs/s, {speed / 1e6:.1f} MB/s, {left}, {at_work}"

    def summary(self) -> str:
        """Return what was done in all."""
        read, seconds = len(self._read), self._clock() - self._began
        if not read:
            return f"{plural(self._total, 'run')}: all were read before; added up in {duration(seconds)}"
        runs = plural(read, "run") if read == self._total else f"{read:,} of {plural(self._total, 'run')}"
        others = "" if read == self._total else "; the others were read before"
        return f"{runs} read ({self._bytes / 1e6:,.1f} MB) in {duration(seconds)}{others}"

    def close(self) -> None:
        """Leave the line on the terminal."""
        if self._width:
            print(file=self._out, flush=True)
            self._width = 0


def duration(seconds: float) -> str:
    """Return a duration as people write it: 0:07, 12:30, 3:04:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
