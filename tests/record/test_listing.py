"""`runs` lists what there is, and where each run comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe import runs
from tests.analysis.runs import ask, said
from tests.ask.asking import called, run_folder

HAR = {"file": "x.har", "format": "har", "sha256": "0" * 64, "size": 1}
ORIGINS = {
    "an import": ({"imported": HAR}, "import of x.har"),
    "a redacted copy": ({"redaction": {"of": "demo/one"}, "prompt": "List"}, "redacted copy of demo/one: List"),
    "a replay": ({"replay_of": "demo/one", "prompt": "List"}, "replay of demo/one: List"),
    "a recording": ({"prompt": "List " + "x" * 100}, "List " + "x" * 55),
}


@pytest.mark.parametrize(("manifest", "asked"), ORIGINS.values(), ids=ORIGINS)
def test_the_table_shows_where_a_run_comes_from(
    manifest: dict[str, object], asked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_folder(tmp_path, "demo/20260101T000000Z", [ask(1.0, said("x"))], **manifest)
    table, _ = called(runs.main, capsys, "--data-dir", str(tmp_path))
    assert table.splitlines()[1].endswith(f"  {asked}")
    listed = json.loads(called(runs.main, capsys, "--data-dir", str(tmp_path), "--json")[0])[0]
    assert [listed[name] for name in ("import_of", "redacted_copy_of") if listed[name]] == [
        one for one in ("x.har", "demo/one") if one in asked and "replay" not in asked
    ]


def test_nothing_to_delete_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder(tmp_path, "demo/20260101T000000Z", [ask(1.0, said("x"))], run="20260101T000000Z")
    table, message = called(runs.main, capsys, "--data-dir", str(tmp_path), "--prune", "1")
    assert message == "nothing to delete: --prune 1 keeps all of them\n"
    assert "20260101T000000Z" in table
