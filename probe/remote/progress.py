"""How far an upload is, a line every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from probe.errors import UserError

_SECONDS = 3.0
_MEGABYTE = 1_000_000


class Progress:
    """Counts the bytes that a bucket has, from several threads."""

    def __init__(self, what: str, say: Callable[[str], None], stopped: threading.Event | None = None) -> None:
        self.say, self._what, self._stopped = say, what, stopped
        self.files = self.total = self.done = 0
        self._began = self._last = time.monotonic()
        self._lock = threading.Lock()

    def add(self, files: int, size: int) -> None:
        """Add files that are to be uploaded."""
        with self._lock:
            self.files += files
            self.total += size

    def sent(self, size: int) -> None:
        """Count bytes, and report from time to time. Raises UserError once everything is to end."""
        if self._stopped and self._stopped.is_set():
            raise UserError(f"{self._what}: the upload was stopped", code=1)
        with self._lock:
            self.done += size
            now = time.monotonic()
            if now - self._last < _SECONDS:
                return
            self._last = now
            rate = self.done / (now - self._began)
            left = max(self.total - self.done, 0)
        text = f"{self._what}: {size_text(self.done)} of {size_text(self.total)}, {size_text(round(rate))}/s"
        self.say(f"{text}, {left / rate:.0f} s left" if rate else text)

    def described(self) -> str:
        """Return what was uploaded."""
        return f"{self.files} {'file' if self.files == 1 else 'files'}, {size_text(self.done)}"


class RunsProgress:
    """How far the upload of many runs is."""

    def __init__(self, count: int, say: Callable[[str], None]) -> None:
        self._count, self._say = count, say
        self._runs = list[Progress]()
        self._finished = self._failed = 0
        self._stopped = threading.Event()
        self._began = self._last = time.monotonic()

    def of(self, key: str) -> Progress:
        """Return what counts for one run."""
        made = Progress(key, self._say, self._stopped)
        self._runs.append(made)
        return made

    def stop(self) -> None:
        """End every upload after the request that is under way."""
        self._stopped.set()

    def finished_run(self, code: int) -> None:
        """Count a run by how it ended, and report from time to time."""
        self._finished += not code
        self._failed += bool(code)
        now, ended = time.monotonic(), self._finished + self._failed
        if now - self._last >= _SECONDS and ended < self._count:
            self._last = now
            left = (now - self._began) / ended * (self._count - ended)
            self._say(f"{self.described()}, {left:.0f} s left")

    def described(self) -> str:
        """Return how many runs are done, and at which rate bytes were sent."""
        size, seconds = sum(one.done for one in self._runs), max(time.monotonic() - self._began, 0.001)
        failed = f" ({self._failed} failed)" if self._failed else ""
        runs = f"{self._finished} of {self._count} {'run' if self._count == 1 else 'runs'}{failed}"
        return f"{runs}, {size_text(size)}, {size_text(round(size / seconds))}/s"


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size / _MEGABYTE:.1f} MB" if size >= _MEGABYTE // 10 else f"{size:,} bytes"
