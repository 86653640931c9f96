"""The process that makes the records of large exchanges, so that no stream of the proxies waits for it.

Parsing, searching and writing a body of megabytes takes as long as twenty small exchanges and holds Python's lock. The
proxies only journal such an exchange; this process makes the record from the journal, at a lower priority.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from probe.addon.config import from_json
from probe.addon.journal import FOLDER, JournalFolder
from probe.addon.open_exchange import restored_exchange
from probe.addon.writer import Writer
from probe.wire.helper_process import Child, ChildError, first_line, send_to_parent

_NICER = 5
"""Records can wait; events cannot."""
_SECONDS = 600.0
"""The record of a body of many gigabytes takes minutes."""


class Recorder:
    """The proxies' side: passes journals on one by one; the process starts with the first."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._child: Child | None = None
        self._learned: list[list[str]] = []
        self._lock = threading.Lock()

    def learn(self, forms: Mapping[bytes, bytes]) -> None:
        """Add the spellings of learned values with their mark."""
        with self._lock:
            self._learned += [[form.hex(), mark.decode()] for form, mark in forms.items()]

    def write(self, name: str) -> None:
        """Write the record of a journal in the process. Raises ChildError and keeps the journal on failure."""
        if self._child is None or not self._child.alive:
            self._child = Child("probe.wire.recorder", dict(self._settings))
            self._child.wait_ready()
        with self._lock:
            learned, self._learned = self._learned, []
        answer = self._child.ask({"write": name, "learned": learned}, _SECONDS)
        if answer is None or answer.get("event") != "written":
            raise ChildError(str((answer or {}).get("why") or "the recorder ended before it had written a record"))

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.stop()


def main() -> int:
    """Write records until stdin ends."""
    os.umask(0o077)
    os.nice(_NICER)
    settings = json.loads(first_line())
    config = from_json(settings["addon"])
    redactor = config.redactor()
    folder = config.output_dir
    # Locks the folder: while this process works on a journal, nobody else mistakes it for a dead one's.
    journals, writer = JournalFolder(folder), Writer(folder / "traffic.jsonl")
    send_to_parent({"event": "ready"})
    for line in sys.stdin:
        if line == "stop\n":
            break
        order = json.loads(line)
        for mark, forms in groupby(order["learned"], key=itemgetter(1)):
            redactor.know({bytes.fromhex(form): mark.encode() for form, _ in forms})
        live = restored_exchange(folder / FOLDER / Path(order["write"]).name, folder, redactor)
        written = False
        try:
            writer.append(live.record())
            written = True
        except Exception as error:
            send_to_parent({"event": "failed", "why": f"{type(error).__name__}: {error}"})
        finally:
            live.close(written=written)
        if written:
            send_to_parent({"event": "written"})
    writer.close()
    journals.close()
    send_to_parent({"event": "stopped"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
