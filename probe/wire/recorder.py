"""The process that makes the records of large exchanges, so that no stream of the proxies waits for it.

To parse, search and write a body of megabytes takes as long as twenty small exchanges, and holds Python's lock all the
while. The proxies only journal such an exchange; this process makes the record out of the journal, at a lower priority.
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
from probe.addon.open_exchange import relive
from probe.addon.writer import Writer
from probe.wire.helper_process import Child, ChildError, first_line, tell

_NICER = 5
"""Records can wait; events cannot."""
_SECONDS = 600.0
"""The record of a body of many gigabytes takes minutes."""


class Recorder:
    """The proxies' side: hands journals over, one after the other; started with the first one."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._child: Child | None = None
        self._learned: list[list[str]] = []
        self._lock = threading.Lock()

    def learn(self, forms: Mapping[bytes, bytes]) -> None:
        """Note the spellings of values that were learned, with what stands in their place."""
        with self._lock:
            self._learned += [[form.hex(), mark.decode()] for form, mark in forms.items()]

    def write(self, name: str) -> None:
        """Have the record of a journal written. Raises ChildError when that failed; the journal is then still there."""
        if self._child is None or not self._child.alive:
            self._child = Child("probe.wire.recorder", dict(self._settings))
            self._child.wait_ready()
        with self._lock:
            learned, self._learned = self._learned, []
        told = self._child.ask({"write": name, "learned": learned}, _SECONDS)
        if told is None or told.get("event") != "written":
            raise ChildError(str((told or {}).get("why") or "the recorder ended before it had written a record"))

    def close(self) -> None:
        """End the process, which has nothing to do any more."""
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
    # Locks the folder: while this process works on a journal, nobody else takes it for a dead one's.
    journals, writer = JournalFolder(folder), Writer(folder / "traffic.jsonl")
    tell({"event": "ready"})
    for line in sys.stdin:
        if line == "stop\n":
            break
        asked = json.loads(line)
        for mark, forms in groupby(asked["learned"], key=itemgetter(1)):
            redactor.know({bytes.fromhex(form): mark.encode() for form, _ in forms})
        live = relive(folder / FOLDER / Path(asked["write"]).name, folder, redactor)
        written = False
        try:
            writer.append(live.record())
            written = True
        except Exception as error:
            tell({"event": "failed", "why": f"{type(error).__name__}: {error}"})
        finally:
            live.close(written=written)
        if written:
            tell({"event": "written"})
    writer.close()
    journals.close()
    tell({"event": "stopped"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
