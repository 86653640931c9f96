"""The questions that are ready: each is a file of SQL, whose first lines say what it answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.exports.parquet_tables import TABLES
from probe.questions.connection import VIEWS

FOLDER = Path(__file__).with_name("ready")
_VIEW = re.compile(r"^create view (\w+)", re.MULTILINE)


class Question(NamedTuple):
    """One question."""

    name: str
    asks: str
    meaning: str
    """What its answer has."""
    sql: str


def ready_questions() -> dict[str, Question]:
    """Return the questions by their names."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.sql"))}


def question_named(name: str) -> Question:
    """Return a question. Raises UserError with the nearest name."""
    known = ready_questions()
    if name not in known and name in table_names():
        raise UserError(f"{name} is a table or a view, and no question", f'for its rows: invoke sql "from {name}"')
    if name not in known:
        hint = f"questions are: {', '.join(known)}; a statement of SQL begins with select or from"
        raise UserError(f"no question {name!r}", did_you_mean(name, known) + hint)
    return known[name]


def table_names() -> list[str]:
    """Return the names of all tables and views."""
    return [*TABLES, *_VIEW.findall(VIEWS.read_text(encoding="utf-8"))]


def _read(path: Path) -> Question:
    asks, meaning, sql = path.read_text(encoding="utf-8").split("\n", 2)
    return Question(path.stem, asks.removeprefix("-- "), meaning.removeprefix("-- "), sql.strip())
