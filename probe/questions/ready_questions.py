"""The questions that are ready: each is a file of SQL, whose first lines say what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from probe.did_you_mean import did_you_mean
from probe.errors import UserError

FOLDER = Path(__file__).with_name("ready")


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
    if name not in known:
        hint = f"questions are: {', '.join(known)}; a statement of SQL begins with select or from"
        raise UserError(f"no question {name!r}", did_you_mean(name, known) + hint)
    return known[name]


def _read(path: Path) -> Question:
    asks, meaning, sql = path.read_text(encoding="utf-8").split("\n", 2)
    return Question(path.stem, asks.removeprefix("-- "), meaning.removeprefix("-- "), sql.strip())
