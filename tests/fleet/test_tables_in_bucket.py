"""Tables in a bucket are copied once and asked from the copy; a new publication copies only what is new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe import get, sql
from probe.errors import UserError
from probe.fleet.tables import FOLDER, copy_published, local_tables, publish, write_chunk
from probe.questions.ready_questions import ready_questions
from probe.store.store import Store, store_at
from tests.questions.fleet import fleet, rows
from tests.support.s3_server import S3Server

pytestmark = pytest.mark.usefixtures("mirrors")


@pytest.fixture
def mirrors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let mirrors be in a folder of the test's own."""
    monkeypatch.setenv("PROBE_MIRRORS", str(tmp_path / "mirrors"))


def fill(store: Store) -> None:
    """Publish the runs in two chunks."""
    results = [one.result for one in fleet().runs]
    write_chunk(store, "first", results[:10])
    write_chunk(store, "second", results[10:])
    publish(store, ["first", "second"], runs=2)


def inodes(folder: Path) -> dict[str, int]:
    """Return which files there are: one that is written again is another one."""
    return {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*.parquet")}


def test_each_question_has_the_same_answer_as_in_a_folder(s3: S3Server, capsys: pytest.CaptureFixture[str]) -> None:
    fill(store_at(s3.url))
    for name in ready_questions():
        printed = []
        for place in (s3.url, str(fleet().data_dir)):
            assert sql.main([name, "--json", "--data-dir", place]) == 0
            printed.append(json.loads(capsys.readouterr().out))
        assert printed[0] == printed[1] != []


def test_a_row_leads_to_the_bytes_in_the_bucket(s3: S3Server, capsys: pytest.CaptureFixture[str]) -> None:
    store, one = store_at(s3.url), fleet().runs[0]
    fill(store)
    for file in ("traffic.jsonl", "manifest.json"):
        store.write(f"{one.key}/{file}", (one.run.folder / file).read_bytes())
    asks = f"select run, line, response_sha256 from turns where run = '{one.key}' order by turn desc limit 1"
    assert sql.main([asks, "--json", "--data-dir", s3.url]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    path = f"exchange.{row['line']}.response.sha256"
    assert get.main([row["run"], path, "--data-dir", s3.url]) == 0
    assert capsys.readouterr().out.strip() == row["response_sha256"]


def test_only_what_is_new_is_copied(s3: S3Server) -> None:
    store = store_at(s3.url)
    fill(store)
    folder = local_tables(store)
    before = inodes(folder)
    assert inodes(local_tables(store)) == before
    write_chunk(store, "third", [one.result for one in fleet().runs[10:20]])
    publish(store, ["first", "third"], runs=2)
    after = inodes(local_tables(store))
    assert {name: inode for name, inode in after.items() if "first" in name} == {
        name: inode for name, inode in before.items() if "first" in name
    }
    assert {Path(name).stem for name in after} == {"first", "third"}
    (found,) = rows("select count(*) as runs from runs", folder)
    assert found["runs"] == 20


def test_a_copy_that_was_cut_is_not_asked(s3: S3Server, tmp_path: Path) -> None:
    store = store_at(s3.url)
    fill(store)
    store.delete(next(store.names(f"{FOLDER}/turns/")))
    with pytest.raises(UserError, match="is missing"):
        copy_published(store, tmp_path / "copy")
    with pytest.raises(UserError, match="no tables are published"):
        local_tables(store_at(tmp_path / "copy"))


def test_a_bucket_without_tables_says_what_writes_them(s3: S3Server) -> None:
    with pytest.raises(UserError, match="no tables are published in s3://") as error:
        sql.main(["hosts", "--data-dir", s3.url])
    assert "invoke fleet analyze" in (error.value.hint or "")
