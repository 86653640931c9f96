"""Recover what a killed proxy left: each exchange that was under way becomes a record that was cut short."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

from probe.addon.journal import left_journals
from probe.addon.open_exchange import SCHEMA, restored_exchange
from probe.addon.redaction.fingerprints import read_redactor
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.salt import NAME as SALT
from probe.addon.writer import Writer
from probe.record.files import open_plain
from probe.record.runs import TRAFFIC

_DAMAGED = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, struct.error)
"""Errors of reading a file that agent-probe did not write; the run's agent may have."""


def fold_in(folder: Path, data_dir: Path, patience: float = 0.0) -> int | None:
    """Write the records of the journals in a run's folder; return how many, or None while a proxy still writes there.

    The salt is that of `data_dir`, of the data folder around the run, or, for a mitmdump started by hand, the run's
    own. `patience` is how many seconds to wait for the proxy's end. Raises OSError when the records cannot be
    written, and keeps the journals.
    """
    with left_journals(folder, patience) as journals:
        if not journals:
            return None if journals is None else 0
        try:
            redactor = run_redactor(folder, data_dir)
            writer = Writer(folder / TRAFFIC)
            try:
                _drop_torn_record(folder / TRAFFIC, journals)
                return sum(_fold(path, folder, redactor, writer) for path in journals)
            finally:
                writer.close()
        except _DAMAGED as error:
            raise OSError(f"a file is damaged: {type(error).__name__}: {error}") from error


def run_redactor(folder: Path, data_dir: Path, earlier: Redactor | None = None) -> Redactor:
    """Return a redactor with what the proxies of a run redact, or the earlier one with what they have learned since.

    Raises OSError where that is not known.
    """
    places = dict.fromkeys((data_dir, folder.absolute().parent.parent, folder))
    return read_redactor(folder, [place / SALT for place in places], earlier)


def _fold(path: Path, folder: Path, redactor: Redactor, writer: Writer) -> bool:
    """Write one record; return whether there was anything to write."""
    live = restored_exchange(path, folder, redactor)
    done = False
    try:
        # A proxy may be killed between writing a record and removing its journal.
        missing = live.began and not _on_record(folder / TRAFFIC, path.name)
        if missing:
            writer.append(live.record())
        done = True
    finally:
        live.close(written=done)
    return missing


def _begin(name: str) -> bytes:
    """Return the begin of an exchange's line, which inside a record would have its quotes escaped."""
    return f'{{"schema":{SCHEMA},"id":"{name}",'.encode()


def _on_record(traffic: Path, name: str) -> bool:
    if not traffic.stat().st_size:
        return False
    with open_plain(traffic) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        begin = _begin(name)
        return data[: len(begin)] == begin or data.find(b"\n" + begin) >= 0


def _drop_torn_record(traffic: Path, journals: list[Path]) -> None:
    """Remove an incomplete last line whose exchange is in a journal, to be written completely."""
    if not traffic.stat().st_size:
        return
    with open_plain(traffic) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.rfind(b"\n") + 1
        begins = [_begin(path.name) for path in journals]
        tail = data[start : start + max(map(len, begins))]
        torn = bool(tail) and any(begin.startswith(tail) or tail.startswith(begin) for begin in begins)
    if torn:
        os.truncate(traffic, start)
