"""Open the published tables in DuckDB, in memory: they can be read and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probe.exports.parquet_tables import TABLES
from probe.fleet.tables import published
from probe.missing_library import missing_library
from probe.questions.sql_errors import sql_error

VIEWS = Path(__file__).with_name("views.sql")
_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "errors_as_json": "true",
}
"""Nothing is installed, no file is written, and errors say where they are."""
_TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "time": "timestamp",
    "texts": "varchar[]",
    "integers": "bigint[]",
}
"""Times are without a zone, in UTC: DuckDB needs one more library to hand others to Python."""
PARTITIONS = {
    "target": ("varchar", "the target"),
    "date": ("date", "day of the run's start; null where it is not known"),
}
"""Columns that the folders of files have; every table has them."""


def open_tables(folder: Path) -> Any:
    """Return a connection of DuckDB with the published tables and the views. Raises UserError."""
    duckdb = load_duckdb()
    files = published(folder).files
    connection = duckdb.connect(":memory:", config=_SETTINGS)
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"set allowed_directories = [{_text(f'{folder}/')}]")
        connection.execute("set enable_external_access = false")
        for table in TABLES:
            connection.execute(_table(table, [str(folder / name) for name in files.get(table, ())]))
        connection.execute(VIEWS.read_text(encoding="utf-8"))
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        # Of each table one file is looked into.
        raise sql_error(error, "", connection) from error
    return connection


def load_duckdb() -> Any:
    """Return DuckDB. Raises UserError where it is not installed."""
    try:
        import duckdb  # Here: an extra.
    except ImportError as error:
        raise missing_library("duckdb") from error
    return duckdb


def columns_of(table: str) -> dict[str, tuple[str, str]]:
    """Return the columns of a table as they are asked for: type and meaning by name."""
    own = {column.name: (_TYPES[column.type], column.meaning) for column in TABLES[table]}
    return {"run": own["run"], **PARTITIONS, **{name: one for name, one in own.items() if name not in PARTITIONS}}


def _table(table: str, files: Sequence[str]) -> str:
    """Return the statement that makes a table of its files."""
    if not files:
        empty = ", ".join(f'null::{type} as "{name}"' for name, (type, _) in columns_of(table).items())
        return f"create view {table} as select {empty} where false"
    listed = ", ".join(map(_text, files))
    read = f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'target': varchar, 'date': varchar}})"
    times = [column.name for column in TABLES[table] if column.type == "time"]
    chosen = ", ".join(_chosen(name, times) for name in columns_of(table))
    return f"create view {table} as select {chosen} from {read}"


def _chosen(name: str, times: Sequence[str]) -> str:
    if name == "date":
        return "try_cast(date as date) as date"
    return f'"{name}"::timestamp as "{name}"' if name in times else f'"{name}"'


def _text(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"
