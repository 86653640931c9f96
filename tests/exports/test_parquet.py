"""Exported tables are read by other engines, have the numbers of the report, and lead back to the record's bytes."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest

from probe.errors import UserError
from probe.exports import parquet
from probe.exports.parquet_tables import TABLES
from probe.places import PROJECT
from probe.record.compressed import compress
from probe.record.open_record import read_range
from probe.record.runs import find_run
from tests.exports.exporting import EVERY, KNOWN, case, new_folder, priced
from tests.exports.pointed import body_hash, item_hash

TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning", "total")


@cache
def tables_of(name: str) -> Path:
    """Return the folder with the tables of a run."""
    one, folder = case(name), new_folder()
    with pytest.MonkeyPatch.context() as patch:
        priced(patch, folder)
        parquet.export(one.run, one.target, folder / "tables")
    return folder / "tables"


def rows(name: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table, as the library that wrote it reads them."""
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(tables_of(name) / f"{table}.parquet").to_pylist()
    return found


def asked(name: str, question: str) -> list[tuple[Any, ...]]:
    """Return what DuckDB answers of a run's tables."""
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(f"create view {table} as from read_parquet('{tables_of(name)}/{table}.parquet')")
        return connection.execute(question).fetchall()


@pytest.mark.parametrize("name", KNOWN)
def test_the_numbers_of_the_tables_are_those_of_the_report(name: str) -> None:
    check_numbers(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_any_record_has_tables(name: str) -> None:
    check_numbers(name)
    check_places(name)


def check_numbers(name: str) -> None:
    """Compare tables with the summary of the same run."""
    summary = case(name).summary
    turns, (run,) = rows(name, "turns"), rows(name, "runs")
    counts = summary.counts
    work = [turn for turn in turns if not turn["failed_try"]]
    assert len(turns) - len(work) == counts.failed_tries == run["failed_tries"]
    assert [turn["turn"] for turn in work] == [turn.number for turn in summary.turns]
    assert len(rows(name, "exchanges")) == counts.exchanges
    for field in TOKENS:
        known = [turn[f"{field}_tokens"] for turn in turns if turn[f"{field}_tokens"] is not None]
        assert (sum(known) if known else None) == getattr(summary.tokens, field) == run[f"{field}_tokens"]
    assert run["dollars"] == summary.cost.dollars
    assert sum(turn["dollars"] or 0 for turn in turns) == pytest.approx(summary.cost.dollars or 0)
    calls = sum(len(turn.tool_calls) + turn.more_tool_calls for turn in summary.turns)
    assert len(rows(name, "tool_calls")) == calls
    for row, turn in zip(work, summary.turns, strict=True):
        assert row["started"] == datetime.fromtimestamp(turn.started, UTC)
        assert (row["model"], row["thread"], row["stop"]) == (turn.model, turn.thread, turn.stop)


@pytest.mark.parametrize("name", KNOWN)
def test_every_place_and_hash_is_that_of_bytes_in_the_record(name: str) -> None:
    check_places(name)


def check_places(name: str) -> None:
    """Read every place that the tables name, and compare the hashes."""
    record = case(name).run.traffic.read_bytes()

    def line(row: dict[str, Any]) -> bytes:
        found = record[row["offset"] : row["offset"] + row["length"]]
        assert record.count(b"\n", 0, row["offset"]) == row["line"] - 1
        return found

    for row in rows(name, "items"):
        assert item_hash(line(row), row["pointer"]) == row["sha256"]
    for row in rows(name, "turns"):
        for side in ("request", "response"):
            if row[f"{side}_sha256"]:
                assert body_hash(line(row), row[f"{side}_pointer"]) == row[f"{side}_sha256"]
    for row in rows(name, "exchanges"):
        for side in ("request", "response"):
            if row[f"{side}_sha256"]:
                assert body_hash(line(row), f"/{side}/body") == row[f"{side}_sha256"]


def test_duckdb_joins_the_tables() -> None:
    question = """
        select t.turn, c.name, r.turn, date_diff('microsecond', c.called, c.returned) >= 0
        from turns t join tool_calls c using (run, turn) join turns r on r.run = c.run and r.turn = c.result_turn
        order by t.turn
    """
    assert asked("demo/sample", question) == [(1, "write_file", 2, True), (2, "shell", 3, True)]
    sent = "select count(distinct sha256) from (select run, unnest(items) item from turns) join items using (run, item)"
    assert asked("demo/sample", sent) == asked("demo/sample", "select count(*) from items where uses > 0")
    late = (
        "select count(*) from events e join turns t using (run, line) where e.arrived not between t.started and t.ended"
    )
    assert asked("demo/sample", "select count(*) > 20 from events where arrived is not null") == [(True,)]
    assert asked("demo/sample", late) == [(0,)]


def test_no_column_holds_a_body() -> None:
    said = "You are a small coding agent"
    for table in TABLES:
        data = (tables_of("demo/sample") / f"{table}.parquet").read_bytes()
        assert said.encode() not in data
        assert said not in str(rows("demo/sample", table))


def test_the_files_are_the_users_alone_and_say_what_each_column_means() -> None:
    assert {path.stem for path in tables_of("demo/sample").iterdir()} == set(TABLES)
    for path in tables_of("demo/sample").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        schema = pyarrow.parquet.read_schema(path)
        assert [(field.name, field.metadata[b"description"].decode()) for field in schema] == [
            (column.name, column.meaning) for column in TABLES[path.stem]
        ]


def test_the_documentation_has_every_column() -> None:
    page = (PROJECT / "docs" / "formats-meaning.md").read_text()
    wanted = [f"| `{one.name}` | {one.type} | {one.meaning} |" for columns in TABLES.values() for one in columns]
    assert [row for row in wanted if row not in page] == []


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    one = case("demo/sample")
    with pytest.raises(UserError, match="pyarrow is not installed") as error:
        parquet.export(one.run, one.target, tmp_path / "tables")
    assert (error.value.hint or "").startswith("the extra parquet has it")


def test_places_are_those_of_a_compressed_record_too(tmp_path: Path) -> None:
    shutil.copytree(case("demo/sample").run.folder, tmp_path / "sample")
    run = find_run(str(tmp_path / "sample"), tmp_path)
    plain = run.traffic.read_bytes()
    assert compress(run)
    assert not run.traffic.exists()
    parquet.export(run, case("demo/sample").target, tmp_path / "tables")
    (of_run,) = pyarrow.parquet.read_table(tmp_path / "tables" / "runs.parquet").to_pylist()
    assert of_run["record_sha256"] == sha256(plain).hexdigest()
    for row in pyarrow.parquet.read_table(tmp_path / "tables" / "items.parquet").to_pylist():
        assert item_hash(read_range(run.traffic, row["offset"], row["length"]), row["pointer"]) == row["sha256"]
