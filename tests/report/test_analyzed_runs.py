"""The report of a run has what its manifest says of it, and says on stderr what is wrong."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.analyze import main as analyze
from probe.errors import UserError
from probe.places import PROJECT
from probe.report.markdown.escape import inline
from probe.report.summary import Summary

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
    assert "**Cost:** recorded answers, nothing was paid · **Tokens of the recording:** 1,148 input" in text
    assert re.search(r"\*\*Time:\*\* [\d.]+s of the replay, not of the model: model ", text)
    assert text.count(f"`{SERVER}` is the replay server.") == text.count("is the replay server") == 1
    recorded = analyzed(run_folder(tmp_path / "other"))
    assert [word for word in ("of the replay", "replay server", "nothing was paid") if word in recorded] == []


def test_a_replay_of_other_requests_names_each_difference_once_and_estimates_no_tokens(tmp_path: Path) -> None:
    place = {"call": 1, "at": "input[0].content[0].text", "now": "Sort", "recorded": "Write a prime checker"}
    differs = f'call 1 differs at {place["at"]} (now "Sort", recorded "Write a prime checker")'
    notes = [f"{differs}; it got the nearest recorded answer", "another note"]
    facts = {"replay_of": "demo/sample", "notes": notes}
    text = analyzed(run_folder(tmp_path, **facts, replayed={"differing": [place]}))
    assert text.count("prime checker") == 1 + analyzed(run_folder(tmp_path / "none")).count("prime checker")
    assert f"- Different from the recording, whose nearest answer was given:\n  - {inline(differs)}\n" in text
    assert "- Note: another note\n" in text
    assert "Tokens are not estimated: those that were reported are of the recorded request." in text
    assert re.search(r"\| instructions \| [\d,]+ \| \? \|", text)
    same = analyzed(run_folder(tmp_path / "same", **facts, replayed={"differing": []}))
    assert re.search(r"\| instructions \| [\d,]+ \| [\d,]+ \|", same)


def test_a_report_with_another_target_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_folder(tmp_path)
    said = "read with target codex, though the run is of demo"
    assert f"- Note: {said}\n" in analyzed(run, "--target", "codex")
    assert f"note: {said}\n" in capsys.readouterr().err
    assert said not in analyzed(run)
    assert said not in capsys.readouterr().err


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


def test_the_summary_of_a_run_is_beside_its_report_for_nobody_else_and_stays_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(tmp_path)
    analyzed(run)
    summary = run / "summary.json"
    assert stat.S_IMODE(summary.stat().st_mode) == 0o600
    assert set(json.loads((run / "manifest.json").read_text())["steps"]["analyze"]["outputs"]) == {
        "report.md",
        "summary.json",
    }
    analyzed(run, "--full", name="report-full.md")
    analyzed(run)
    assert capsys.readouterr().err == "analyze: up to date\n"
    summary.unlink()
    analyzed(run)
    assert summary.exists()


def test_a_summary_has_what_the_manifest_says(tmp_path: Path) -> None:
    run = run_folder(tmp_path, notes=[NOTE], agent_exit_code=3, replay_of="demo/sample")
    analyzed(run)
    summary = decoded(run / "summary.json")
    facts = json.loads((run / "manifest.json").read_text())
    assert summary.notes == [NOTE]
    assert (summary.run.target, summary.run.name, summary.run.prompt) == ("demo", run.name, facts["prompt"])
    assert (summary.run.agent_exit_code, summary.run.replay_of, summary.cost.paid) == (3, "demo/sample", False)
    assert (summary.proof.matches, summary.proof.traffic_sha256) == (True, facts["traffic_sha256"])
    assert (summary.proof.seen, summary.proof.written) == (facts["counts"]["seen"], summary.counts.exchanges)
    assert summary.proof.bodies == summary.proof.bodies_with_hash > 0
    (run / "traffic.jsonl").write_bytes((run / "traffic.jsonl").read_bytes() + b"\n")
    analyzed(run)
    assert decoded(run / "summary.json").proof.matches is False


def decoded(path: Path) -> Summary:
    """Return a summary."""
    return msgspec.json.decode(path.read_bytes(), type=Summary)


PLACES = {
    "the usual place": ([], "some.summary.json"),
    "a name": (["--output", "other.md"], "other.summary.json"),
    "a name without an end": (["--output", "other"], "other.summary.json"),
    "the name of a run's report": (["--output", "report.md"], "summary.json"),
    "a name that ends so": (["--output", "new.report.md"], "new.summary.json"),
}


@pytest.mark.parametrize(("options", "name"), PLACES.values(), ids=PLACES.keys())
def test_the_summary_of_a_file_has_the_name_of_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PROJECT / "data/demo/sample/traffic.jsonl", tmp_path / "some.jsonl")
    assert analyze(["--input", "some.jsonl", *options]) == 0
    assert [path.name for path in tmp_path.glob("*summary.json")] == [name]
    assert decoded(tmp_path / name).counts.turns > 0


def test_a_full_log_has_no_summary_of_its_own(tmp_path: Path) -> None:
    file = shutil.copy(PROJECT / "data/demo/sample/traffic.jsonl", tmp_path / "some.jsonl")
    assert analyze(["--input", str(file), "--full"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["some.jsonl", "some.report-full.md"]


def test_a_recording_is_never_replaced_by_its_summary(tmp_path: Path) -> None:
    file = shutil.copy(PROJECT / "data/demo/sample/traffic.jsonl", tmp_path / "some.summary.json")
    before = Path(file).read_bytes()
    with pytest.raises(UserError, match=r"some\.summary\.json is the recording itself"):
        analyze(["--input", str(file), "--output", str(tmp_path / "some.md")])
    assert Path(file).read_bytes() == before


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
