"""`protocol` writes its documents where they belong, once, and the same for two runs of the same thing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.places import PROJECT
from probe.protocol.__main__ import main
from probe.protocol.documents import ASYNCAPI, DESCRIPTION, MARKDOWN, OPENAPI, SCHEMA
from probe.record.manifest import Manifest
from tests.support.running import Running

ALWAYS = [MARKDOWN, DESCRIPTION, SCHEMA, OPENAPI]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run of the user's own, without a WebSocket."""
    folder = tmp_path / "codex" / "20260101T000000Z"
    shutil.copytree(PROJECT / "data/codex/tool-loop", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"bundled": False}))
    return folder


def test_the_documents_of_a_run_are_written_into_it_once(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--run", str(run)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(run / name) for name in ALWAYS]
    assert set(Manifest.read(run).data["steps"]["protocol"]["outputs"]) == set(ALWAYS)
    assert (run / MARKDOWN).read_text().startswith("# Protocol of codex 0.98.0\n")
    assert main(["--run", str(run)]) == 0
    again = capsys.readouterr()
    assert (again.out, again.err.count("up to date")) == (f"{run / MARKDOWN}\n", 1)
    assert main(["--run", str(run), "--force"]) == 0
    assert "up to date" not in capsys.readouterr().err


def test_a_protocol_says_that_a_replay_answered_and_with_which_faults(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = json.loads((run / "manifest.json").read_text())
    replayed = {"replay_of": "codex/sample", "settings": {"fault": {"value": ["500 once"], "source": "--fault"}}}
    (run / "manifest.json").write_text(json.dumps(facts | replayed))
    assert main(["--run", str(run)]) == 0
    answered = "a replay of codex/sample with faults: 500 once"
    assert f"WARNING: codex/{run.name} was answered by {answered}" in capsys.readouterr().err
    assert answered in (run / MARKDOWN).read_text()[:600]
    assert json.loads((run / DESCRIPTION).read_text())["replays"] == ["codex/sample with faults: 500 once"]


def test_a_protocol_of_several_runs_says_how_many_of_them_a_replay_answered(run: Path, tmp_path: Path) -> None:
    facts = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(facts | {"replay_of": "codex/sample"}))
    runs = [word for name in (run, "codex/sample", "codex/tool-loop") for word in ("--run", str(name))]
    assert main([*runs, "--output", str(tmp_path / "all")]) == 0
    head = (tmp_path / "all" / MARKDOWN).read_text()[:900]
    assert "**1 of 3 were answered by a replay** of codex/sample, not by a real API" in head
    assert "No real API" not in head
    found = json.loads((tmp_path / "all" / DESCRIPTION).read_text())
    assert (found["replayed"], found["recordings"]) == (1, 3)


def test_several_runs_are_added_up_in_a_folder_that_is_named(run: Path, tmp_path: Path) -> None:
    runs = ["--run", str(run), "--run", "codex/tool-loop-websocket"]
    with pytest.raises(UserError) as error:
        main(runs)
    assert "--output" in (error.value.hint or "")
    assert main([*runs, "--output", str(tmp_path / "both")]) == 0
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == sorted([*ALWAYS, ASYNCAPI])
    found = json.loads((tmp_path / "both" / DESCRIPTION).read_text())
    assert found["recordings"] == 2
    assert found["agents"] == ["codex codex-cli 0.98.0", "codex codex-cli 0.169.0"]
    assert (tmp_path / "both" / MARKDOWN).read_text().startswith("# Protocol of codex 0.98.0, codex 0.169.0\n")
    assert "protocol" not in Manifest.read(run).data.get("steps", {})


def test_the_runs_own_documents_are_written_again_after_shareable_ones(run: Path) -> None:
    assert main(["--run", str(run)]) == 0
    assert main(["--run", str(run), "--shareable"]) == 0
    assert json.loads((run / DESCRIPTION).read_text())["shareable"]
    assert main(["--run", str(run)]) == 0
    assert not json.loads((run / DESCRIPTION).read_text())["shareable"]


@pytest.mark.slow
def test_two_runs_of_the_same_thing_give_the_same_documents(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with Running(
            tmp_path / name, "probe.capture", "--target", "demo", "--prompt", "Write a prime checker"
        ) as running:
            assert running.wait() == 0, running.stderr
            folder = running.run_folder()
            assert main(["--run", str(folder)]) == 0
            texts.append({file: (folder / file).read_text() for file in ALWAYS})
    assert texts[0] == texts[1]
