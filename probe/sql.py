"""Answer questions about all analyzed runs in SQL, and list what can be asked."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.ask.bounds import command_with
from probe.cli.called_as import as_called
from probe.cli.edge import printable, printed_json, run, say
from probe.cli.parsing import parse
from probe.cli.printed_table import print_table, width
from probe.errors import UserError
from probe.fleet.tables import local_tables
from probe.questions.asking import Answer, ask
from probe.questions.catalog import catalog_lines, catalog_value
from probe.questions.connection import load_duckdb, open_tables
from probe.questions.printed import as_csv, as_objects, as_table
from probe.questions.ready_questions import question_named
from probe.record.mirror_place import store_of
from probe.settings.settings import data_dir

_ROWS = 1000
_NAME = re.compile(r"[\w-]+")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.sql`."""
    arguments, rest = parse("sql", sys.argv[1:] if argv is None else argv)
    sql = _statement(" ".join([*arguments.words, *rest]).strip())
    limit = _limit(arguments)
    load_duckdb()  # First: without it nothing is copied.
    with open_tables(local_tables(store_of(data_dir(arguments.data_dir, os.environ)))) as connection:
        if not sql:
            _print_catalog(connection, as_json=arguments.json)
            return 0
        answer = ask(connection, sql, limit)
    _print(answer, arguments)
    if answer.has_more:
        say(f"more than {limit:,} rows; for ten times as many: {command_with('sql', arguments, limit=limit * 10)}")
    return 0


def _statement(text: str) -> str:
    """Return the SQL that is asked: one word names a question. Raises UserError."""
    return question_named(text).sql if _NAME.fullmatch(text) else text


def _limit(arguments: Namespace) -> int:
    if arguments.json and arguments.csv:
        raise UserError("--json and --csv are different forms", "give one of them")
    given = arguments.limit or str(_ROWS)
    if not (given.isascii() and given.isdigit() and 0 < int(given[:10]) < 10**9):
        raise UserError(f"--limit {given}: not a number of rows", 'for example: invoke sql "from runs" --limit 5000')
    return int(given)


def _print(answer: Answer, arguments: Namespace) -> None:
    if arguments.json:
        print(printed_json(as_objects(answer)))
    elif arguments.csv:
        print(printable(as_csv(answer)), end="")
    else:
        print_table(as_table(answer, width()))


def _print_catalog(connection: Any, *, as_json: bool) -> None:
    if as_json:
        print(printed_json(catalog_value(connection)))
        return
    for line in catalog_lines(connection):
        print(printable(as_called(line)))


if __name__ == "__main__":
    sys.exit(run(main))
