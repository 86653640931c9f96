"""Tables of many runs: only published files count, the same rows make the same bytes, and no body is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet
import pytest

from probe.errors import UserError
from probe.exports.parquet_tables import TABLES
from probe.fleet.run_result import RunResult, decode, encode
from probe.fleet.tables import (
    FOLDER,
    LIST,
    chunks_with_files,
    delete_chunks,
    local_tables,
    publish,
    published,
    write_chunk,
    written_chunks,
)
from probe.record.runs import find_run
from probe.store.store import store_at
from tests.questions.fleet import fleet, read, rows
from tests.questions.fleet import published as tables_of
from tests.support.synthetic_runs import SyntheticRun


def result(target: str, name: str, day: str, **more: Any) -> RunResult:
    """Return a result with a run and a host."""
    key = f"{target}/{name}"
    host = {"run": key, "host": "h:1", "captured": True, "listeners": ["a"], "requests": 1}
    found = {"runs": [{"run": key, "target": target, "name": name, "started": 0}], "hosts": [host]}
    return RunResult(run=key, target=target, name=name, date=day, agent=target, rows=found, **more)


def files(data_dir: Path) -> dict[str, bytes]:
    """Return all files of a data folder's tables."""
    folder = data_dir / FOLDER
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def test_files_are_by_table_target_and_date(tmp_path: Path) -> None:
    odd = result("a b/c", "2", "unknown")
    tables_of(tmp_path, {"k": [result("codex", "1", "2026-01-31"), odd]})
    assert set(files(tmp_path)) == {
        *(f"{table}/target=codex/date=2026-01-31/k.parquet" for table in ("runs", "hosts")),
        *(f"{table}/target=a%20b%2Fc/date=unknown/k.parquet" for table in ("runs", "hosts")),
        "chunks/k",
        LIST,
    }
    assert rows("select target, date from hosts order by all", tmp_path / FOLDER) == [
        {"target": "a b/c", "date": None},
        {"target": "codex", "date": date(2026, 1, 31)},
    ]


def test_every_row_of_every_table_is_read_back() -> None:
    for table, columns in TABLES.items():
        expected = sum(len(one.result.rows[table]) for one in fleet().runs)
        (found,) = rows(f"select count(*) as n, count(distinct run) as runs, count(date) as dates from {table}")
        assert (found["n"], found["dates"]) == (expected, expected)
        assert {"run", "target", "date", *(one.name for one in columns)} == set(rows(f"from {table} limit 1")[0])


def test_writing_again_writes_the_same_bytes(tmp_path: Path) -> None:
    results = [one.result for one in fleet().runs[:4]]
    tables_of(tmp_path / "a", {"k": results})
    once = files(tmp_path / "a")
    tables_of(tmp_path / "a", {"k": results})
    tables_of(tmp_path / "b", {"k": [decode(encode(one)) for one in results]})
    assert files(tmp_path / "a") == once == files(tmp_path / "b")


def test_a_chunk_counts_only_when_it_is_published(tmp_path: Path) -> None:
    folder = tables_of(tmp_path, {"old": [result("a", "1", "2026-01-01")]})
    store = store_at(tmp_path)
    write_chunk(store, "new", [result("a", "1", "2026-01-01"), result("a", "2", "2026-01-01")])
    assert "old" in written_chunks(store)
    assert "new" in written_chunks(store)
    assert rows("from runs", folder) == rows("from runs where name = '1'", folder) != []
    publish(store, ["new"], runs=1)
    assert [row["name"] for row in rows("from runs order by name", folder)] == ["1", "2"]
    assert "old" in written_chunks(store), "another client may be about to publish it"


def test_deleted_tables_do_not_count_as_written(tmp_path: Path) -> None:
    tables_of(tmp_path, {"old": [result("a", "1", "2026-01-01")], "new": [result("a", "2", "2026-01-01")]})
    store = store_at(tmp_path)
    assert chunks_with_files(store) == {"old", "new"}
    delete_chunks(store, {"old"})
    assert chunks_with_files(store) == {"new"}
    assert "old" not in written_chunks(store)
    assert "new" in written_chunks(store)
    with pytest.raises(UserError, match="1 chunks"):
        publish(store, ["old", "new"], runs=2)


def test_a_chunk_that_was_not_written_whole_cannot_be_published(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    write_chunk(store, "whole", [result("a", "1", "2026-01-01")])
    store.delete(f"{FOLDER}/chunks/whole")  # as where the writer was killed before the end
    with pytest.raises(UserError, match="1 chunks"):
        publish(store, ["whole"], runs=1)
    write_chunk(store, "whole", [result("a", "1", "2026-01-01")])
    publish(store, ["whole"], runs=1)


def test_a_writer_that_is_killed_leaves_no_mark(tmp_path: Path) -> None:
    def cut() -> Iterator[RunResult]:
        yield result("a", "1", "2026-01-01")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_chunk(store_at(tmp_path), "k", cut())
    assert "k" not in written_chunks(store_at(tmp_path))


def test_copies_and_runs_that_could_not_be_read_are_in_no_table(tmp_path: Path) -> None:
    copy = result("a", "1", "2026-01-01", is_copy=True)
    failed = RunResult(run="a/2", target="a", name="2", date="2026-01-01", agent="a", failed="no record")
    folder = tables_of(tmp_path, {"k": [copy, failed]})
    assert published(folder).files["runs"] == ()
    assert rows("from runs", folder) == []


def test_a_list_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    publish(store_at(tmp_path), [], runs=1, pattern="codex/*")
    place = tmp_path / FOLDER / LIST
    assert published(place.parent).described().startswith("tables of 1 run (--runs 'codex/*'), made 20")
    known = json.loads(place.read_bytes())
    place.write_bytes(msgspec.json.encode({name: known[name] for name in ("columns", "chunks", "files")}))
    assert published(place.parent).described() == "tables of the last fleet analyze"


DAMAGED = {
    "no JSON": (b"{", "damaged"),
    "another version's": (b'{"columns": "x", "chunks": [], "files": {}}', "another version"),
    "a file elsewhere": ("../../etc/target=a/date=b/k.parquet", "is no table's file"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_list_is_named(content: bytes | str, message: str, tmp_path: Path) -> None:
    publish(store_at(tmp_path), [], runs=0)
    place = tmp_path / FOLDER / LIST
    if isinstance(content, str):
        content = msgspec.json.encode(json.loads(place.read_bytes()) | {"files": {"runs": [content]}})
    place.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        local_tables(store_at(tmp_path))
    assert "invoke fleet analyze" in (error.value.hint or "")


@pytest.mark.parametrize("kind", ["missing", "damaged"])
def test_a_file_that_is_missing_or_damaged_is_named(kind: str, tmp_path: Path) -> None:
    folder = tables_of(tmp_path, {"k": [result("a", "1", "2026-01-01"), result("b", "1", "2026-01-01")]})
    place = folder / "runs" / "target=b" / "date=2026-01-01" / "k.parquet"
    place.unlink() if kind == "missing" else place.write_bytes(b"PAR1")
    with pytest.raises(UserError) as error:
        rows("from runs", folder)
    assert "target=b" in str(error.value)
    assert "invoke fleet analyze --force" in (error.value.hint or "")


# -- no body -----------------------------------------------------------------------------------------------------

_SHOWN = 640
"""Characters from the beginning of an argument or a problem that a column has, as it says."""
_LONG = ("text", "output", "instructions", "description", "content", "delta", "message")


class Canaries:
    """Puts a mark at the end of each text in bodies, far behind its beginning."""

    def __init__(self) -> None:
        self.marks: list[str] = []

    def planted(self, value: Any, key: str = "") -> Any:
        """Return a body with marks."""
        if isinstance(value, dict):
            return {name: self.planted(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.planted(one, key) for one in value]
        return self._mark(value) if isinstance(value, str) and key in _LONG else value

    def stream(self, text: str) -> str:
        """Return a streamed answer whose texts and arguments have marks."""
        for word in ("Done. ", "I look first.", "look at part"):
            text = text.replace(word, self._mark(word)) if word in text else text
        return text

    def _mark(self, text: str) -> str:
        self.marks.append(f"canary-{len(self.marks):04d}-stays-in-the-record")
        return f"{text} {'.' * _SHOWN} {self.marks[-1]}"


@pytest.mark.parametrize("number", [4, 2], ids=["codex", "claude-code"])
def test_no_text_of_a_body_is_in_the_tables_but_the_places_where_it_is(number: int, tmp_path: Path) -> None:
    canaries, folder = Canaries(), SyntheticRun(number, turns=3).write(tmp_path)
    exchanges = [json.loads(line) for line in (folder / "traffic.jsonl").read_text().splitlines()]
    for one in exchanges:
        one["request"]["body"] = canaries.planted(one["request"]["body"])
        body = one["response"]["body"]
        one["response"]["body"] = canaries.stream(body) if isinstance(body, str) else canaries.planted(body)
    (folder / "traffic.jsonl").write_text("".join(json.dumps(one) + "\n" for one in exchanges))
    assert len(canaries.marks) > 10
    one = read(find_run(str(folder), tmp_path))
    tables = tables_of(tmp_path, {"k": [one.result]})
    everything = [path.read_bytes() for path in tables.rglob("*.parquet")]
    values = "".join(str(pyarrow.parquet.read_table(path).to_pylist()) for path in tables.rglob("*.parquet"))
    assert "canary" not in values
    assert max(map(len, re.findall(r"\.+", values))) < _SHOWN
    says = [column.meaning for columns in TABLES.values() for column in columns if str(_SHOWN) in column.meaning]
    assert len(says) == 2
    assert not any(b"canary" in data for data in everything)
    record = (folder / "traffic.jsonl").read_bytes()
    placed = b"".join(
        record[row["offset"] : row["offset"] + row["length"]]
        for row in rows('select distinct "offset", length from turns', tables)
    )
    assert [mark for mark in canaries.marks if mark.encode() not in placed] == []
