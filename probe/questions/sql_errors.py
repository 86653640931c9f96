"""Errors of DuckDB as errors of a user: what is wrong, where in the statement, and which name was probably meant."""

from __future__ import annotations

import json
import re
from typing import Any

from probe.did_you_mean import did_you_mean
from probe.errors import UserError

_COLUMN = re.compile(r"column named \"([^\"]+)\"|Referenced column \"([^\"]+)\"")
_TABLE = re.compile(r"Table with name \"?([^\" ]+)|Referenced table \"([^\"]+)\"")
_FROM_OUTSIDE = "file system operations are disabled"
FILES_MISSING = "call it again if an analysis just ended, else write the tables again: invoke fleet analyze --force"
_SYNTAX = "syntax error"
_RESERVED = re.compile(r"(?<![\w\".])offset\b(?!\"|\s+[\d?$])", re.IGNORECASE)
"""The one column whose name is a word of SQL, where it is not quoted."""
_QUOTED = 'offset is a word of SQL: write the column as "offset", in double quotes'
_AROUND = 60
"""Characters of a line that are shown on either side."""


def sql_error(error: Exception, sql: str, connection: Any, shifted: int = 0) -> UserError:
    """Return an error; `shifted` is how far the statement is behind the beginning of what DuckDB read."""
    facts = _facts(error)
    message = str(facts["exception_message"]).splitlines()[0].rstrip("!")
    if facts.get("exception_type") == "IO" or "Parquet file" in message:
        return UserError(message, FILES_MISSING)
    if _FROM_OUTSIDE in message:
        return UserError("sql reads the published tables alone, and no other file or address", _LISTED)
    at = int(facts["position"]) - shifted if str(facts.get("position", "")).isdigit() else None
    is_reserved = _SYNTAX in message and at is not None and _RESERVED.search(_before(sql, at + len("offset")))
    hint = _QUOTED if is_reserved else _hint(facts, message, connection)
    return UserError(f"{message}{'' if at is None else _place(sql, at)}", hint)


_LISTED = "invoke sql lists tables and views with their columns"


def _facts(error: Exception) -> dict[str, Any]:
    """Return what DuckDB says of an error; it does so as JSON behind the error's name."""
    text = str(error)
    try:
        found = json.loads(text[text.index("{") :])
    except ValueError:
        found = None
    return found if isinstance(found, dict) and "exception_message" in found else {"exception_message": text or "error"}


def _place(sql: str, position: int) -> str:
    """Return the line and column of a place, given in bytes, with the line itself."""
    before = _before(sql, position)
    number, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    line = sql.splitlines()[number - 1] if sql else ""
    begin = max(0, column - 1 - _AROUND)
    shown = line[begin : column - 1 + _AROUND].replace("\t", " ")
    return f" (line {number}, character {column})\n  {shown}\n  {' ' * (column - 1 - begin)}^"


def _before(sql: str, position: int) -> str:
    return sql.encode()[: max(position, 0)].decode(errors="ignore")


def _hint(facts: dict[str, Any], message: str, connection: Any) -> str:
    """Return which name was probably meant."""
    for pattern, known in ((_COLUMN, _ALL_COLUMNS), (_TABLE, _ALL_TABLES)):
        if found := pattern.search(message):
            names = [name for (name,) in connection.execute(known).fetchall()]
            return did_you_mean(next(filter(None, found.groups())), names) + _LISTED
    if facts.get("candidates"):
        return f"did you mean {str(facts['candidates']).split(',')[0]!r}?"
    return _LISTED


_ALL_TABLES = "select view_name from duckdb_views() where not internal order by all"
_ALL_COLUMNS = """
    select distinct column_name from duckdb_columns() where table_name in
    (select view_name from duckdb_views() where not internal) order by all
"""
