"""What can be asked: tables and views with their columns, and the questions that are ready."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from probe.cli.edge import one_line
from probe.exports.parquet_tables import TABLES
from probe.fleet.tables import Published
from probe.questions.connection import columns_of
from probe.questions.ready_questions import Question, ready_questions

_WIDEST = 120


class View(NamedTuple):
    """A table, or a view of several."""

    name: str
    about: str
    """What its rows are; empty for tables."""
    columns: dict[str, str]
    """Type by name."""


def views_of(connection: Any) -> list[View]:
    """Return the tables, then the views, each in the order in which they were made."""
    found = connection.execute("""
        select view_name, any_value(views.comment), list(column_name order by column_index),
            list(data_type order by column_index)
        from duckdb_views() as views join duckdb_columns() on table_oid = view_oid
        where not views.internal group by view_oid, view_name order by view_oid
    """).fetchall()
    return [View(name, about or "", dict(zip(columns, types, strict=True))) for name, about, columns, types in found]


def catalog_lines(connection: Any, tables: Published) -> Iterator[str]:
    """Yield the catalog as text."""
    views = views_of(connection)
    about = one_line(tables.described())
    yield f"{about[0].upper()}{about[1:]}; newer runs need another: invoke fleet analyze"
    for view in views:
        if view.name == next(one.name for one in views if one.name not in TABLES):
            yield from ("", "Views")
        yield from _entry(view.name, [*filter(None, [view.about]), ", ".join(view.columns)])
    yield from ("", "Questions: invoke sql NAME")
    for question in ready_questions().values():
        yield from _entry(question.name, [question.asks])
    yield from (
        "",
        "`describe TABLE` has the types of columns; `invoke get RUN exchange.LINE` leads from a row to the bytes",
    )


def _entry(name: str, paragraphs: Sequence[str]) -> Iterator[str]:
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    yield f"  {name}"
    for one in paragraphs:
        yield from textwrap.wrap(one, max(width, 40), initial_indent="    ", subsequent_indent="    ")


def catalog_value(connection: Any, tables: Published) -> dict[str, Any]:
    """Return the catalog for JSON."""
    return {
        "of": {"runs": tables.runs, "pattern": tables.pattern, "made": tables.made},
        "tables": [_described(view) for view in views_of(connection) if view.name in TABLES],
        "views": [_described(view) for view in views_of(connection) if view.name not in TABLES],
        "questions": [_question(one) for one in ready_questions().values()],
    }


def _described(view: View) -> dict[str, Any]:
    meanings = {name: meaning for name, (_, meaning) in columns_of(view.name).items()} if view.name in TABLES else {}
    columns = [{"name": name, "type": type, "meaning": meanings.get(name)} for name, type in view.columns.items()]
    return {"name": view.name, "about": view.about or None, "columns": columns}


def _question(question: Question) -> dict[str, str]:
    return {"name": question.name, "asks": question.asks, "meaning": question.meaning, "sql": question.sql}
