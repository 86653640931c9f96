"""The exchanges of a run that are under way, from the journals in its folder `.live`."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

from probe.addon.journal import FOLDER, KNOWN
from probe.addon.redaction.redactor import Redactor
from probe.live.in_flight import InFlight, OpenExchange
from probe.record.fold_journals import run_redactor

_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error)
"""Errors of reading a file that agent-probe did not write; the run's agent may have."""


class OpenExchanges:
    """Follows the journals of a run. Without a redactor for the run, nothing of them is shown."""

    def __init__(self, folder: Path, data_dir: Path) -> None:
        self._folder, self._data_dir = folder, data_dir
        self._redactor: Redactor | None = None
        self._known: tuple[int, int] | None = None
        """Of the list of values to redact: when it changed, and its size."""
        self._open: dict[str, OpenExchange | None] = {}
        """By name of the journal; None for one that cannot be read."""

    def poll(self) -> bool:
        """Read what is new; return whether anything has changed."""
        names = self._names()
        gone = self._open.keys() - names
        for name in gone:
            if (exchange := self._open.pop(name)) is not None:
                exchange.close()
        self._learn()
        return any([bool(gone), *map(self._read, names)]) if self._redactor else bool(gone)

    def shown(self) -> list[InFlight]:
        """Return what can be shown of each exchange, in the order in which they began."""
        found = [shown for one in self._open.values() if one and (shown := one.shown())]
        return sorted(found, key=lambda one: (one.started, one.id))

    def close(self) -> None:
        """Close all files."""
        for exchange in filter(None, self._open.values()):
            exchange.close()
        self._open = {}

    def _names(self) -> list[str]:
        # A link is not followed: what an agent puts in the folder's place is none of the run's.
        folder = self._folder / FOLDER
        with suppress(OSError):
            if not folder.is_symlink():
                return sorted(path.name for path in folder.iterdir() if path.name != KNOWN)
        return []

    def _learn(self) -> None:
        """Read which values are to be redacted, where the proxies have learned of more."""
        try:
            status = (self._folder / FOLDER / KNOWN).lstat()
            if self._known != (known := (status.st_mtime_ns, status.st_size)):
                self._redactor = run_redactor(self._folder, self._data_dir, self._redactor)
                self._known = known
        except FileNotFoundError:
            pass  # no proxy has begun, or all have ended
        except _DAMAGED:
            self._redactor, self._known = None, None
            self.close()

    def _read(self, name: str) -> bool:
        try:
            if name not in self._open:
                assert self._redactor
                self._open[name] = OpenExchange(self._folder / FOLDER / name, self._redactor)
            exchange = self._open[name]
            return exchange.read() if exchange else False
        except FileNotFoundError:
            return False
        except _DAMAGED:
            if (exchange := self._open.get(name)) is not None:
                exchange.close()
            self._open[name] = None
            return True
