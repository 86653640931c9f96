"""Write the rows of one table as a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

from probe.exports.json_text import unicode_only
from probe.exports.parquet_tables import TABLES, Column
from probe.missing_library import missing_library

_BATCH = 10_000
"""Rows that are kept until they are written."""


class TableWriter:
    """Writes one table into an open file while its rows come."""

    def __init__(self, file: IO[bytes], table: str) -> None:
        self._pyarrow = load_pyarrow()
        self._schema = self._pyarrow.schema([self._field(column) for column in TABLES[table]])
        self._writer = self._pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= _BATCH:
                self._write()

    def finish(self) -> None:
        """Write what is left, and the end of the file."""
        self._write()
        self.close()

    def close(self) -> None:
        """Write the end of the file, without the rows that are left."""
        self._writer.close()

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


def load_pyarrow() -> Any:
    """Return the library that writes Parquet. Raises UserError where it is not installed."""
    try:
        import pyarrow.parquet  # Here: an extra, and no other format needs it.
    except ImportError as error:
        raise missing_library("pyarrow") from error
    return pyarrow
