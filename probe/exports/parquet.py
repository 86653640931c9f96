"""Write a run as Parquet tables, for any engine of SQL: one file for each table, in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.exports.parquet_file import TableWriter, load_pyarrow
from probe.exports.parquet_rows import Rows, event_rows
from probe.exports.parquet_tables import TABLES
from probe.exports.reading import read_run
from probe.record.runs import Run
from probe.targets.target import Target
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.turns import Traced

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write the tables of a run into a folder; return what of the run they do not have. Raises UserError."""
    load_pyarrow()  # First: without it no folder is made.
    private_folder(out)
    with ExitStack() as stack:
        tables = {name: stack.enter_context(_Table(out / f"{name}.parquet", name)) for name in TABLES}

        def add_events(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
            tables["events"].add(event_rows(run, traced))

        found = read_run(run, target, None, also=add_events)
        rows = Rows(found)
        for name in TABLES:
            if name != "events":
                tables[name].add(getattr(rows, name)())
    bodies = "headers, and what was said: the tables have hashes, and where in the record it is"
    return [bodies, *(sentence for sentence in found.not_held() if "no exchange" in sentence)]


class _Table:
    """One table of a folder, which has its name only when it is whole."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._new = path, path.with_name(f".{path.name}.new")
        self._file = os.fdopen(os.open(self._new, _FLAGS, 0o600), "wb")
        self._writer = TableWriter(self._file, name)
        self.add = self._writer.add

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        """Finish the file, or remove it."""
        if kind is None:
            self._writer.finish()
        else:
            self._writer.close()
        self._file.close()
        if kind is None:
            self._new.replace(self._path)
        else:
            self._new.unlink(missing_ok=True)
