"""The bundled runs are what they say, and their reports are the golden ones."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.analyze import main as analyze
from probe.places import PROJECT
from probe.record.files import file_sha256
from probe.record.manifest import Manifest
from probe.record.reader import read_exchanges
from probe.record.runs import Run
from probe.targets.finding import load_target
from tests.support.bundled import BUNDLED


def records(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.traffic.read_text().splitlines()]


def test_the_bundled_runs_are_all_there() -> None:
    assert set(BUNDLED) == {"codex/sample", "codex/tool-loop", "codex/tool-loop-websocket", "demo/sample"}


def test_no_test_takes_the_users_own_runs_for_bundled_ones() -> None:
    searching = re.compile(r"""(?:PROJECT|\[\d\]) / "data"\)(?:\.r?glob|\.iterdir)|glob\("data|all_runs\(PROJECT""")
    files = (file for file in (PROJECT / "tests").rglob("*.py") if searching.search(file.read_text(encoding="utf-8")))
    assert {file.relative_to(PROJECT).as_posix() for file in files} == {"tests/support/bundled.py"}


@pytest.mark.parametrize("run", BUNDLED.values(), ids=BUNDLED.keys())
def test_a_samples_report_is_the_golden_one(
    run: Run,
    tmp_path: Path,
    golden: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PROBE_PRICES", raising=False)
    output = tmp_path / "report.md"
    assert analyze(["--run", str(run.folder), "--output", str(output)]) == 0
    assert capsys.readouterr().out.strip() == str(output)
    golden(run.folder / "report.md", output.read_text(), without_costs)


def without_costs(report: str) -> str:
    """Take out prices: those of the price library change with its version."""
    report = re.sub(r"\*\*Cost:\*\* .* · ", "", report)
    report = re.sub(r"(?m)^(\|.*)\| (?:cost|unknown|\\\$[\d.,]+) \|$", r"\1|", report)
    return re.sub(r"(?m)^\|(?:---\|)+$|^\n?Cost: .*$\n", "", report)


@pytest.mark.parametrize("run", BUNDLED.values(), ids=BUNDLED.keys())
def test_a_samples_bodies_and_messages_match_their_hashes(run: Run) -> None:
    for record in records(run):
        for part in (record["request"], record["response"]):
            data = body_bytes(part)
            assert (part["size"], part["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        for message in (record.get("websocket") or {}).get("messages", []):
            data = message["content"].encode()
            assert (message["size"], message["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def body_bytes(part: dict[str, Any]) -> bytes:
    match part["body_kind"]:
        case "none":
            return b""
        case "base64":
            return base64.b64decode(part["body"])
        case "json":
            text = part.get("body_text") or json.dumps(part["body"], ensure_ascii=False, separators=(",", ":"))
            return bytes(text.encode())
        case _:
            return bytes(part["body"].encode())


def test_the_demos_sample_has_the_command_that_a_run_of_it_has() -> None:
    sample = Manifest.read(PROJECT / "data/demo/sample")
    command = load_target("demo")[0].prompt_command or []
    assert sample.facts.command == [word.replace("{prompt}", sample.facts.prompt or "") for word in command]


@pytest.mark.parametrize("run", BUNDLED.values(), ids=BUNDLED.keys())
def test_a_samples_manifest_counts_what_is_there(run: Run) -> None:
    malformed: list[int] = []
    exchanges = list(read_exchanges(run.traffic, lambda line, _why: malformed.append(line)))
    counts = Manifest.read(run.folder).data["counts"]
    assert malformed == []
    assert (counts["seen"], counts["written"], counts["cut_short"]) == (len(exchanges), len(exchanges), 0)
    assert run.manifest.data["traffic_sha256"] == file_sha256(run.traffic)
    assert all(exchange.schema == 1 and exchange.id and exchange.listener for exchange in exchanges)


def test_the_classic_sample_is_the_classic_example() -> None:
    run = BUNDLED["codex/sample"]
    report = (run.folder / "report.md").read_text()
    for text in (
        "3 exchanges in 9.7s",
        "245 input | 89 output | 334 total",
        "o4-mini",
        "/v1/responses",
        "write_file",
        "shell",
    ):
        assert text in report
    assert [record["request"]["body"]["model"] for record in records(run)] == ["o4-mini"] * 3


def test_the_classic_sample_shows_the_three_prompts_of_its_record() -> None:
    """Its manifest names none: the user said more than one thing."""
    report = (BUNDLED["codex/sample"].folder / "report.md").read_text()
    assert "## Prompt" not in report
    assert "| turn | what it did | prompt | start |" in report
    assert [line.split(" | ")[2] for line in report.splitlines() if line.startswith("| [")] == ["1", "2", "3"]
    assert "idle 0.00s" not in report


@pytest.mark.parametrize("name", ["codex/tool-loop", "codex/tool-loop-websocket", "demo/sample"])
def test_a_bundled_report_says_that_no_real_model_answered(name: str) -> None:
    report = (BUNDLED[name].folder / "report.md").read_text()
    assert "\n- Note: The answers came from a local test provider" in report
    assert ("instructions and tool descriptions were replaced by words" in report) == name.startswith("codex")


def test_analysing_a_sample_leaves_its_folder_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = BUNDLED["codex/sample"].folder
    data = tmp_path / "data" / "codex" / "sample"
    data.mkdir(parents=True)
    for file in source.iterdir():
        (data / file.name).write_bytes(file.read_bytes())
    before = {file.name: file.read_bytes() for file in data.iterdir()}
    assert analyze(["--run", "codex/sample", "--data-dir", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "data" / ".samples" / "codex" / "sample" / "report.md")
    assert {file.name: file.read_bytes() for file in data.iterdir()} == before


def test_the_guides_excerpt_is_of_a_real_report() -> None:
    guide = (PROJECT / "docs" / "reading-a-report.md").read_text(encoding="utf-8")
    excerpt = guide.split("<!-- report excerpt: begin -->")[1].split("<!-- report excerpt: end -->")[0]
    report = (BUNDLED["codex/tool-loop-websocket"].folder / "report.md").read_text(encoding="utf-8")
    report = report.replace("## ", "").replace("\\$", "$")
    quoted = [line.removeprefix("> ").strip("*") for line in excerpt.splitlines() if line.startswith("> ")]
    # Of a row, the links and the end of a long text are left out.
    report = re.sub(r"\[(\d+)\]\(#turn-\d+\)", r"\1", report)
    assert len(quoted) > 10
    parts = [part for line in quoted for part in line.split("…")]
    assert [part for part in parts if part not in report] == []
