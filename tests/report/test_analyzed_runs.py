"""The report of a run has what its manifest says of it, and says on stderr what is wrong."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from probe.analyze import main as analyze
from probe.errors import UserError
from probe.targets.finding import PROJECT

NOTE = "the user's text is not the recorded one in 3 of 3 calls of the model"
SERVER = "127.0.0.1:34155"
"""The upstream of the bundled run."""


def run_folder(folder: Path, **facts: Any) -> Path:
    """Make a run of the demo whose manifest says something else."""
    run = folder / "demo" / "20260101T000000Z"
    shutil.copytree(PROJECT / "data/demo/sample", run)
    (run / "report.md").unlink()
    manifest = json.loads((run / "manifest.json").read_text()) | {"bundled": False, "notes": []} | facts
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run


def analyzed(run: Path, *options: str, name: str = "report.md") -> str:
    """Return the report of a run."""
    assert analyze(["--run", str(run), *options]) == 0
    return (run / name).read_text()


def test_notes_of_the_recording_are_the_first_facts(tmp_path: Path) -> None:
    lines = analyzed(run_folder(tmp_path, notes=[NOTE, "*another*"])).splitlines()
    assert lines[2:7] == ["No problems were found.", "", f"- Note: {NOTE}", "- Note: \\*another\\*", lines[6]]
    assert lines[6].startswith("- Source: ")


def test_a_replay_shows_no_cost_and_no_time_of_the_model(tmp_path: Path) -> None:
    text = analyzed(run_folder(tmp_path, replay_of="demo/sample"))
    assert "**Cost:** recorded answers, nothing was paid · **Tokens:** 1,148 input" in text
    assert re.search(r"\*\*Time:\*\* [\d.]+s of the replay, not of the model: model ", text)
    assert text.count(f"`{SERVER}` is the replay server.") == text.count("is the replay server") == 1
    recorded = analyzed(run_folder(tmp_path / "other"))
    assert [word for word in ("of the replay", "replay server", "nothing was paid") if word in recorded] == []


def test_a_replay_names_the_price_of_the_recorded_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prices.yaml").write_text("demo-1: {input: 1000, output: 0}\n")
    monkeypatch.setenv("PROBE_PRICES", str(tmp_path / "prices.yaml"))
    text = analyzed(run_folder(tmp_path, replay_of="demo/sample"))
    assert "**Cost:** recorded answers, nothing was paid (their price: \\$1.1480)" in text


def test_the_full_log_is_a_second_file_and_both_stay_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(tmp_path)
    short = analyzed(run)
    full = analyzed(run, "--full", name="report-full.md")
    assert (run / "report.md").read_text() == short
    assert capsys.readouterr() == (f"{run}/report.md\n{run}/report-full.md\n", "")
    assert ("## Conversation log" in full, "## Conversation log" in short) == (True, False)
    analyzed(run)
    analyzed(run, "--full")
    assert capsys.readouterr().err == "analyze: up to date\nanalyze --full: up to date\n"
    (run / "report-full.md").unlink()
    analyzed(run)
    assert analyzed(run, "--full", name="report-full.md").startswith("# Demo")
    assert capsys.readouterr().err == "analyze: up to date\n"


def test_the_full_log_says_what_it_is_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    full = analyzed(run_folder(tmp_path), "--full", name="report-full.md")
    facts = full.split("\n## ")[0]
    assert (
        "- Form: the full log, with every exchange whole\n- Go to: [what the agent did](#what-the-agent-did)" in facts
    )
    anchors = {line[3:].lower().replace(" ", "-") for line in full.splitlines() if line.startswith("## ")}
    anchors |= set(re.findall('<a id="(.*?)"', full))
    assert {"conversation-log", "turn-1"} <= set(re.findall(r"\]\(#(.*?)\)", full)) <= anchors


def test_the_full_log_of_a_bundled_run_and_of_a_file_has_a_name_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(tmp_path, bundled=True)
    file = shutil.copy(run / "traffic.jsonl", tmp_path / "some.jsonl")
    assert analyze(["--run", str(run), "--full"]) == analyze(["--input", str(file), "--full"]) == 0
    bundled = tmp_path / ".samples" / "demo" / run.name / "report-full.md"
    assert capsys.readouterr().out.split() == [str(bundled), str(tmp_path / "some.report-full.md")]


def test_problems_are_on_stderr_as_on_line_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = "127.0.0.1:9: [Errno 111] Connect call failed"
    request: dict[str, Any] = {"method": "POST", "url": "http://127.0.0.1:9/v1/responses", "headers": {}, "body": None}
    line = {"timestamp": 1.0, "request": request, "response": None, "error": error}
    (tmp_path / "some.jsonl").write_text(f"{json.dumps(line)}\n")
    assert analyze(["--input", str(tmp_path / "some.jsonl")]) == 0
    problem = f"1 of 1 exchange got no answer: {error}"
    assert capsys.readouterr().err == f"problems: {problem}\n"
    shown = (tmp_path / "some.report.md").read_text().splitlines()[2]
    assert shown == f"**Problems:** {problem}.".replace("[", "\\[")


def test_the_page_is_a_file_of_its_own_that_only_its_user_reads_and_stays_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_folder(tmp_path)
    text = analyzed(run, "--html", name="report.html")
    assert text.startswith("<!doctype html>")
    assert not (run / "report.md").exists()
    assert (run / "report.html").stat().st_mode & 0o777 == 0o600
    assert capsys.readouterr().out == f"{run / 'report.html'}\n"
    analyzed(run, "--html", name="report.html")
    assert capsys.readouterr().err == "analyze --html: up to date\n"
    monkeypatch.setattr("probe.analyze.code_files", list)
    analyzed(run, "--html", name="report.html")
    assert "up to date" not in capsys.readouterr().err


def test_a_page_and_a_full_log_are_not_asked_for_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--html and --full are different reports"):
        analyze(["--run", str(run_folder(tmp_path)), "--html", "--full"])
