"""`sql` reads the published tables and nothing else, prints answers in three forms, and explains its errors."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.console import Console

from probe import get, sql
from probe.errors import UserError
from probe.exports.parquet_tables import TABLES
from probe.fleet.tables import publish
from probe.questions.asking import Answer, ask
from probe.questions.connection import columns_of, open_tables
from probe.questions.printed import as_csv, as_objects, as_table
from probe.questions.ready_questions import ready_questions
from probe.store.store import store_at
from tests.questions.fleet import asked, fleet, rows

VIEWS = (
    *("runs_real", "turns_real", "tool_use", "errors", "prompt_sizes", "offered_tools", "versions", "daily"),
)  # fmt: skip


class Empty(NamedTuple):
    """Tables without a run."""

    folder: Path
    connection: Any


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Empty]:
    """Return published tables without a run."""
    folder = tmp_path_factory.mktemp("empty")
    publish(store_at(folder), [], runs=0)
    with open_tables(folder / ".fleet" / "tables") as connection:
        yield Empty(folder / ".fleet" / "tables", connection)


def run(*words: str) -> int:
    """Call the script with the runs' data folder."""
    return sql.main([*words, "--data-dir", str(fleet().data_dir)])


# -- what is asked -----------------------------------------------------------------------------------------------


def test_without_words_it_lists_tables_views_and_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    listed = capsys.readouterr().out
    first, *_, last = listed.splitlines()
    assert re.match(r"Tables of 24 runs \(--runs '\*/20\*'\), made 20\d\d-\d\d-\d\d \d\d:\d\d UTC; ", first)
    assert first.endswith(f"fleet analyze --data-dir {fleet().data_dir}")
    assert "`describe TABLE`" in last
    assert f"get --data-dir {fleet().data_dir} RUN exchange.LINE" in last
    assert [line.strip() for line in listed.splitlines() if line.startswith("  ") and line[2] != " "] == [
        *TABLES,
        *VIEWS,
        *ready_questions(),
    ]
    assert "seconds_to_first_token" in listed


def test_as_json_the_list_has_types_meanings_and_sql(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    listed = json.loads(capsys.readouterr().out)
    tables = {one["name"]: one["columns"] for one in listed["tables"]}
    assert [(one["name"], one["type"].lower(), one["meaning"]) for one in tables["turns"]] == [
        (name, *of) for name, of in columns_of("turns").items()
    ]
    assert all(one["about"] and one["columns"] for one in listed["views"])
    assert {one["name"]: one["sql"] for one in listed["questions"]}["hosts"] == ready_questions()["hosts"].sql


def test_a_word_is_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hosts") == 0
    heading, first, *_ = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["host", "captured"]
    assert first.split()[:3] == ["api.openai.com:443", "true", "codex"]


def test_a_statement_may_be_several_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("select", "count(*) as n", "from runs", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 24}]


@pytest.mark.parametrize("statement", ["from runs", "describe turns", "summarize hosts", "values (1)", "show tables;"])
def test_short_forms_of_select_are_answered(statement: str) -> None:
    assert asked(statement).rows


def test_replays_are_in_the_tables_and_not_in_the_views() -> None:
    (replays,) = rows("select count(*) as n from runs where replay_of is not null")
    assert replays["n"] == sum(not one.is_real for one in fleet().runs) > 0
    for view in VIEWS:
        if "run" in asked(f"from {view} limit 0").columns:
            assert rows(f"select v.run from {view} v join runs using (run) where runs.replay_of is not null") == []


def test_a_day_is_that_of_the_runs_start_and_times_are_in_utc() -> None:
    for row in rows("select run, runs.date, turns.started as turn from turns join runs using (run)"):
        one = next(one for one in fleet().runs if one.key == row["run"])
        assert str(row["date"]) == one.result.date
        assert row["turn"].tzinfo is None
        assert str(row["turn"].date()) == one.result.date
    (row,) = rows("select now() as now, [now()] as list")
    assert row["now"].tzinfo is None


def test_every_view_and_question_is_answered_without_a_run(empty: Empty) -> None:
    for statement in [
        *(f"from {view}" for view in (*TABLES, *VIEWS)),
        *(one.sql for one in ready_questions().values()),
    ]:
        assert ask(empty.connection, statement, 1).rows == []


# -- what is printed ---------------------------------------------------------------------------------------------


def test_csv_has_a_heading_and_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("from runs order by run", "--csv") == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["run"] for row in found] == [one.key for one in fleet().runs]


def test_more_rows_than_the_limit_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("from turns", "--limit", "3", "--json") == 0
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)) == 3
    assert "more than 3 rows" in printed.err
    assert "--limit=30" in printed.err
    assert run("from runs limit 3", "--limit", "3", "--json") == 0
    assert "more than" not in capsys.readouterr().err


def test_each_answer_says_which_tables_it_is_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hosts", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)
    assert printed.err.startswith("tables of 24 runs (--runs '*/20*'), made 20")
    assert run("--json") == 0
    of = json.loads(capsys.readouterr().out)["of"]
    assert (of["runs"], of["pattern"]) == (24, "*/20*")
    assert printed.err.endswith(f"made {of['made']}\n")


ODD = """
select '\x1b[2J' as "\x1b[31m", [1, 2] as l, {'a': date '2026-01-02'} as s, 'nan'::double as x, null as n, 1.50 as d
"""


def test_values_of_any_type_have_a_form_and_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ((), ("--csv",), ("--json",)):
        assert run(ODD, *form) == 0
        assert "\x1b" not in capsys.readouterr().out
    assert as_objects(asked(ODD)) == [
        {"\x1b[31m": "\x1b[2J", "l": [1, 2], "s": {"a": "2026-01-02"}, "x": None, "n": None, "d": 1.5}
    ]
    answer = Answer(("a",), ("DOUBLE",), [(0.5,), (1e6,), (1e-9,), (0.0,), (2.0,)], has_more=False)
    assert as_csv(answer).split() == ["a", "0.5", "1000000", "1e-09", "0", "2"]


def test_a_table_that_is_wider_than_the_terminal_has_its_headings_in_lines() -> None:
    answer = Answer(("tool", "input_tokens_per_run"), ("VARCHAR", "BIGINT"), [("a[b]", 12)], has_more=False)
    for width, lines in ((40, 2), (14, 5)):
        shown = Console(width=width, file=io.StringIO(), record=True)
        shown.print(as_table(answer, width))
        printed = shown.export_text().splitlines()
        heading, *_, last = printed
        assert heading.split()[-1] == ("input_tokens_per_run" if lines == 2 else "input_")
        assert last.split() == ["a[b]", "12"]
        assert len(printed) == lines


# -- from a row to the bytes -------------------------------------------------------------------------------------


def test_run_and_line_lead_to_the_exchange(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for row in rows("select run, line, request_sha256 from exchanges order by all limit 3"):
        words = [row["run"], f"exchange.{row['line']}", "--json", "--data-dir", str(fleet().data_dir)]
        assert get.main(words) == 0
        found = json.loads(capsysbinary.readouterr().out)["value"]
        assert found["request"]["sha256"] == row["request_sha256"]


def test_a_row_has_the_place_of_its_line_in_the_record() -> None:
    for row in rows('select run, line, "offset", length, response_sha256 from turns_real order by all limit 5'):
        (one,) = (one for one in fleet().runs if one.key == row["run"])
        data = one.run.traffic.read_bytes()[row["offset"] : row["offset"] + row["length"]]
        assert json.loads(data) == one.record[row["line"] - 1]
        assert json.loads(data)["response"]["sha256"] == row["response_sha256"]


# -- what is refused ---------------------------------------------------------------------------------------------

FORBIDDEN = {
    "another file": "from read_text('{outside}')",
    "another file as a table": "from '{outside}'",
    "another file as CSV": "from read_csv('{tables}/../../secret.txt')",
    "a folder": "from glob('{outside}/../*')",
    "an address": "from 'http://127.0.0.1:9/x.parquet'",
    "an address as text": "from read_text('https://127.0.0.1:9/x')",
    "a file that is written": "copy (select 1) to '{tables}/new.csv'",
    "a file that is written by a part": "with x as (copy (select 1) to '{tables}/new.csv') from x",
    "a file that is written by an unused part": "with x as (copy (select 1) to '{tables}/new.csv') select 1",
    "a file that is written by a nested part": "from (with x as (copy (select 1) to '{tables}/new.csv') from x)",
    "a file that is written by a text": "from query('with x as (copy (select 1) to ''{tables}/new.csv'') from x')",
    "a file that is written while a plan is shown": "explain analyze copy (select 1) to '{tables}/new.csv'",
    "a file that ends the check": "select 1) to '{tables}/new.csv'; copy (select 1",
    "a database": "attach '{tables}/new.duckdb'",
    "a copy of the database": "export database '{tables}/new'",
    "a table": "create table new as select 1",
    "a setting": "set enable_external_access = true",
    "a setting of this query": "pragma enable_profiling = 'json'",
    "an extension": "install httpfs",
    "an extension that is loaded": "load httpfs",
    "a statement after a question": "select 1; copy (select 1) to '{tables}/new.csv'",
    "a variable of Python": "from fleet",
    "no statement": "-- nothing",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_nothing_but_the_tables_is_read_and_nothing_is_written(statement: str, tmp_path: Path, empty: Empty) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret\n")
    before = files(tmp_path, empty.folder)
    with pytest.raises(UserError) as error:
        ask(empty.connection, statement.format(tables=empty.folder, outside=outside), 10)
    assert "secret\n" not in str(error.value)
    assert files(tmp_path, empty.folder) == before


def files(*folders: Path) -> list[Path]:
    """Return all files of folders."""
    return sorted(path for folder in folders for path in folder.rglob("*"))


def test_a_large_answer_leaves_no_file(tmp_path: Path, empty: Empty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path, empty.folder)
    statement = "select count(*) from (select range % 7 as a from range(300000) order by a desc)"
    assert ask(empty.connection, statement, 1).rows
    assert files(tmp_path, empty.folder) == before


# -- errors ------------------------------------------------------------------------------------------------------

ERRORS = {
    "a table": ("from turn", "Table with name turn does not exist (line 1, character 6)", "did you mean 'turns'?"),
    "a view": ("from runs_reel", "runs_reel", "did you mean 'runs_real'?"),
    "a column": ("select\n  startd\nfrom turns", "not found in FROM clause (line 2, character 3)", "'started'"),
    "a column of a table": ("select t.modl from turns t", "(line 1, character 8)", "did you mean 'model'?"),
    "a function": ("select medan(turn) from turns", "medan", "did you mean 'median'?"),
    "a word of SQL": ("select offset from turns", "syntax error", 'write the column as "offset", in double quotes'),
    "a word of SQL among others": ("select run, offset, length from turns", "syntax error", 'the column as "offset"'),
    "a word of SQL in a condition": ("select run from turns where offset > 3", "syntax error", "in double quotes"),
    "an offset that is none": ("select run from turns limit 3 offset 2 order by 1", "syntax error", "invoke sql lists"),
    "a word": ("selct 1 from runs", 'syntax error at or near "selct" (line 1, character 1)', "invoke sql lists"),
    "a place after other characters": ("select 'ä', foo from runs", "(line 1, character 13)", "invoke sql lists"),
    "a conversion": ("select run::int from runs", "Could not convert string", "invoke sql lists"),
}


@pytest.mark.parametrize(("statement", "message", "hint"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_names_the_place_and_the_probable_name(statement: str, message: str, hint: str) -> None:
    with pytest.raises(UserError) as error:
        asked(statement)
    assert message in str(error.value.args[0])
    assert hint in (error.value.hint or "")


def test_a_word_that_is_no_question_is_named() -> None:
    with pytest.raises(UserError, match="no question 'first-tokn'") as error:
        run("first-tokn")
    assert (error.value.hint or "").startswith("did you mean 'first-token'?")


MISTAKEN_WORDS = {
    "a view": (("errors",), "errors is a table or a view", '"from errors"'),
    "a table": (("runs",), "runs is a table or a view", '"from runs"'),
    "a question and more": (("cost-by-version", "codex"), "takes no more words, and got: codex", " cost-by-version; "),
}


@pytest.mark.parametrize(("words", "message", "hint"), MISTAKEN_WORDS.values(), ids=MISTAKEN_WORDS)
def test_words_that_are_no_question_lead_to_what_was_meant(words: tuple[str, ...], message: str, hint: str) -> None:
    with pytest.raises(UserError) as error:
        run(*words)
    assert message in str(error.value.args[0])
    assert f"invoke sql --data-dir {fleet().data_dir}" in (error.value.hint or "")
    assert hint in (error.value.hint or "")


def test_the_place_is_marked_in_its_line() -> None:
    with pytest.raises(UserError) as error:
        asked(f"select 1\n\tfrom turn -- {'x' * 500}")
    *_, line, mark = str(error.value.args[0]).splitlines()
    assert line[mark.index("^") :].startswith("turn --")
    assert len(line) < 130


OPTIONS = {
    "two forms": (("from runs", "--json", "--csv"), "--json and --csv"),
    "no number": (("from runs", "--limit", "many"), "--limit many"),
    "no row": (("from runs", "--limit", "0"), "--limit 0"),
}


@pytest.mark.parametrize(("words", "message"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options_that_make_no_sense_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(*words)


def test_without_tables_the_command_that_writes_them_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no tables are published") as error:
        sql.main(["from runs", "--data-dir", str(tmp_path)])
    assert f"invoke fleet analyze --data-dir {tmp_path} writes" in (error.value.hint or "")
    with pytest.raises(UserError, match=f"there is no folder {tmp_path}/none") as error:
        sql.main(["from runs", "--data-dir", str(tmp_path / "none")])
    assert "--data-dir" in (error.value.hint or "")


def test_without_duckdb_the_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UserError, match="duckdb is not installed"):
        run("from runs")
