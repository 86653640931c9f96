"""Write a run as Parquet tables, for any engine of SQL: one file for each table, in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from probe.addon.private_files import private_folder
from probe.exports.json_text import unicode_only
from probe.exports.parquet_rows import Rows, event_rows
from probe.exports.parquet_tables import TABLES, Column
from probe.exports.reading import read_run
from probe.missing_library import missing_library
from probe.record.runs import Run
from probe.targets.target import Target
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.turns import Traced

_BATCH = 10_000
"""Rows that are kept until they are written."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write the tables of a run into a folder; return what of the run they do not have. Raises UserError."""
    _pyarrow()  # First: without it no folder is made.
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
    """One table, written while its rows come."""

    def __init__(self, path: Path, name: str) -> None:
        self._pyarrow = _pyarrow()
        self._schema = self._pyarrow.schema([self._field(column) for column in TABLES[name]])
        self._path, self._new = path, path.with_name(f".{path.name}.new")
        self._file = os.fdopen(os.open(self._new, _FLAGS, 0o600), "wb")
        writer = self._pyarrow.parquet.ParquetWriter
        self._writer = writer(self._file, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        """Finish the file, which has its name only when it is whole."""
        if kind is None:
            self._write()
        self._writer.close()
        self._file.close()
        if kind is None:
            self._new.replace(self._path)
        else:
            self._new.unlink(missing_ok=True)

    def add(self, rows: Iterator[Mapping[str, Any]]) -> None:
        """Add rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= _BATCH:
                self._write()

    def _write(self) -> None:
        if not self._rows:
            return
        try:
            table = self._pyarrow.Table.from_pylist(self._rows, schema=self._schema)
        except UnicodeEncodeError:
            # Half a surrogate pair has no UTF-8 form.
            table = self._pyarrow.Table.from_pylist(list(map(unicode_only, self._rows)), schema=self._schema)
        self._writer.write_table(table)
        self._rows = []

    def _field(self, column: Column) -> Any:
        pyarrow = self._pyarrow
        types = {
            "text": pyarrow.string(),
            "integer": pyarrow.int64(),
            "number": pyarrow.float64(),
            "boolean": pyarrow.bool_(),
            "time": pyarrow.timestamp("us", tz="UTC"),
            "texts": pyarrow.list_(pyarrow.string()),
            "integers": pyarrow.list_(pyarrow.int64()),
        }
        return pyarrow.field(column.name, types[column.type], metadata={"description": column.meaning})


def _pyarrow() -> Any:
    """Return the library that writes Parquet. Raises UserError where it is not installed."""
    try:
        import pyarrow.parquet  # Here: an extra, and no other format needs it.
    except ImportError as error:
        raise missing_library("pyarrow") from error
    return pyarrow
