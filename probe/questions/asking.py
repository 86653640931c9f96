"""Ask the tables one question in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from probe.errors import UserError
from probe.questions.connection import load_duckdb
from probe.questions.sql_errors import sql_error

_EXAMPLE = 'for example: invoke sql "select target, count(*) from runs group by target"'
_ZONED = "TIMESTAMP WITH TIME ZONE"


class Answer(NamedTuple):
    """What a question was answered with."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    has_more: bool
    """Whether there are more rows than were asked for."""


def ask(connection: Any, sql: str, limit: int) -> Answer:
    """Return the first rows that a SELECT has. Raises UserError."""
    statement = _one_statement(connection, sql)
    columns = _columns(connection, statement)
    if any(_ZONED in type for type in columns.values()):
        statement = _without_zones(statement, columns)
    try:
        rows = _first_rows(connection, statement, limit + 1)
    except load_duckdb().Error as error:
        raise sql_error(error, statement, connection) from error
    return Answer(tuple(columns), tuple(columns.values()), rows[:limit], len(rows) > limit)


def _first_rows(connection: Any, statement: str, most: int) -> Sequence[tuple[Any, ...]]:
    """Return the first rows of an answer; Ctrl-C ends the wait for them, which DuckDB by itself does not look for."""
    with ThreadPoolExecutor(1) as thread:
        waited = thread.submit(lambda: connection.execute(statement).fetchmany(most))
        try:
            return list(waited.result())
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _one_statement(connection: Any, sql: str) -> str:
    """Return the one SELECT of a text. Raises UserError."""
    try:
        statements = connection.extract_statements(sql)
    except load_duckdb().Error as error:
        raise sql_error(error, sql, connection) from error
    if len(statements) != 1:
        raise UserError(f"sql takes one statement, and got {len(statements)}", _EXAMPLE)
    kind = statements[0].type.name
    if kind != "SELECT":
        raise UserError(f"sql only reads, and this statement is {kind}", _EXAMPLE)
    return str(statements[0].query).strip().rstrip(";")


def _columns(connection: Any, statement: str) -> dict[str, str]:
    """Return the columns of an answer with their types. Raises UserError, also for a SELECT that writes."""
    before, after = "describe select * from (\n", "\n)"
    try:
        # DuckDB refuses parts that write (`with x as (copy …)`) anywhere but at the top of a statement.
        described = connection.execute(f"{before}{statement}{after}").fetchall()
    except load_duckdb().Error as error:
        raise _reason(error, statement, connection) from error
    return {name: type for name, type, *_ in described}


def _reason(error: Exception, statement: str, connection: Any) -> UserError:
    """Return why a statement cannot be asked; alone, one that writes could be."""
    before = "explain "
    try:
        connection.execute(before + statement)
    except load_duckdb().Error as alone:
        return sql_error(alone, statement, connection, shifted=len(before))
    return UserError("sql only reads, and a part of this statement writes", _EXAMPLE)


def _without_zones(statement: str, columns: dict[str, str]) -> str:
    """Return a statement whose times are in UTC without a zone; DuckDB needs one more library to hand others over."""
    names = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in columns]
    chosen = [
        f"{name}::{'timestamp' if type == _ZONED else 'varchar'}" if _ZONED in type else name
        for name, type in zip(names, columns.values(), strict=True)
    ]
    return f"select {', '.join(chosen)} from (\n{statement}\n) as answer({', '.join(names)})"
