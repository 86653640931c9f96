"""`fleet analyze` publishes the tables that `sql` answers from, in a folder and in a bucket, and for a new run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe import sql
from probe.fleet.__main__ import main as fleet_main
from probe.questions.ready_questions import ready_questions
from probe.store.store import store_at
from tests.questions.fleet import fleet
from tests.support.s3_server import S3Server


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an empty data folder of each kind; prices are those of the runs."""
    monkeypatch.setenv("PROBE_PRICES", str(fleet().data_dir / "prices.yaml"))
    if request.param == "folder":
        return str(tmp_path / "data")
    monkeypatch.setenv("PROBE_MIRRORS", str(tmp_path / "mirrors"))
    server: S3Server = request.getfixturevalue("s3")
    return server.url


def test_questions_are_answered_about_what_was_analyzed(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    *most, last = fleet().runs
    for runs in ([*most], [last]):
        for one in runs:
            for file in ("traffic.jsonl", "manifest.json"):
                store_at(place).write(f"{one.key}/{file}", (one.run.folder / file).read_bytes())
        assert fleet_main(["analyze", "--workers", "0", "--data-dir", place]) == 0
    capsys.readouterr()
    for name in ready_questions():
        printed = []
        for data_dir in (place, str(fleet().data_dir)):
            assert sql.main([name, "--json", "--data-dir", data_dir]) == 0
            answer = capsys.readouterr()
            printed.append(json.loads(answer.out))
            if data_dir == place:
                assert answer.err.startswith(f"tables of {len(fleet().runs)} runs, made 20")
        assert printed[0] == printed[1] != []


def test_an_analysis_of_some_runs_is_what_sql_then_says_it_answers_from(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [one for one in fleet().runs if one.key.startswith("codex/")]
    for one in fleet().runs:
        for file in ("traffic.jsonl", "manifest.json"):
            store_at(place).write(f"{one.key}/{file}", (one.run.folder / file).read_bytes())
    assert fleet_main(["analyze", "--workers", "0", "--data-dir", place, "--runs", "codex/*"]) == 0
    capsys.readouterr()
    assert sql.main(["select count(*) as n from runs", "--json", "--data-dir", place]) == 0
    answer = capsys.readouterr()
    assert json.loads(answer.out) == [{"n": len(chosen)}]
    assert answer.err.startswith(f"tables of {len(chosen)} runs (--runs 'codex/*'), made 20")
