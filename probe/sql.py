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
from probe.cli.edge import one_line, printable, printed_json, run, say
from probe.cli.parsing import parse
from probe.cli.printed_table import print_table, width
from probe.errors import UserError
from probe.fleet.tables import Published, local_tables, published
from probe.questions.asking import Answer, ask
from probe.questions.catalog import catalog_lines, catalog_value
from probe.questions.connection import load_duckdb, open_tables
from probe.questions.hints import keeping_data_dir, with_data_dir
from probe.questions.printed import as_csv, as_objects, as_table
from probe.questions.ready_questions import question_named, ready_questions
from probe.record.mirror_place import store_of
from probe.settings.settings import data_dir

_ROWS = 1000
_NAME = re.compile(r"[\w-]+")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.sql`."""
    arguments, rest = parse("sql", sys.argv[1:] if argv is None else argv)
    with keeping_data_dir(arguments.data_dir):
        return _answered(arguments, [word for word in (*arguments.words, *rest) if word.strip()])


def _answered(arguments: Namespace, words: Sequence[str]) -> int:
    sql, limit = _statement(words), _limit(arguments)
    load_duckdb()  # First: without it nothing is copied.
    folder = local_tables(store_of(data_dir(arguments.data_dir, os.environ)))
    tables = published(folder)
    with open_tables(folder) as connection:
        if not sql:
            _print_catalog(connection, tables, arguments)
            return 0
        answer = ask(connection, sql, limit)
    _print(answer, arguments)
    say(one_line(tables.described()))
    if answer.has_more:
        say(f"more than {limit:,} rows; for ten times as many: {command_with('sql', arguments, limit=limit * 10)}")
    return 0


def _statement(words: Sequence[str]) -> str:
    """Return the SQL that is asked: one word names a question. Raises UserError."""
    text = " ".join(words).strip()
    if _NAME.fullmatch(text):
        return question_named(text).sql
    if words and (name := words[0].strip()) in ready_questions():
        problem = f"the question {name} takes no more words, and got: {' '.join(words[1:])}"
        raise UserError(problem, f"invoke sql {name}; what it asks is listed with its SQL by: invoke sql --json")
    return text


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


def _print_catalog(connection: Any, tables: Published, arguments: Namespace) -> None:
    if arguments.json:
        print(printed_json(catalog_value(connection, tables)))
        return
    for line in catalog_lines(connection, tables):
        print(printable(as_called(with_data_dir(line, arguments.data_dir))))


if __name__ == "__main__":
    sys.exit(run(main))
