"""The document that `python -m bench faults` writes, and cells of it run again with the real agents."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.agent_runs import SUBJECTS, TARGETS, record
from bench.fault_cell import Cell, run_cell, seen
from bench.fault_tables import document, short
from bench.faults import DOCUMENT, FAULTS, read
from probe.replay.fault_catalogue import KINDS
from probe.replay.faults import parse_fault
from tests.conftest import require_agent

CHECKED = [
    (name, fault) for name in ("codex-0.98.0", "pi-0.73.1") for fault in ("429 once", "401", "cut after 3 events")
]
"""Cells that CI runs again."""


def test_the_document_is_made_of_its_results() -> None:
    assert DOCUMENT.read_text() == document(read(), FAULTS), "python -m bench faults --render"


def test_each_row_is_a_fault_and_no_row_is_there_twice() -> None:
    assert len(FAULTS) >= 20
    assert len({str(parse_fault(fault)) for fault in FAULTS}) == len(FAULTS)


def test_each_fault_of_the_catalogue_is_in_the_document() -> None:
    text = DOCUMENT.read_text()
    assert [kind.shown for kind in KINDS if f"| `{kind.shown}` | {kind.what} |" not in text] == []


def test_each_agent_has_a_column() -> None:
    assert set(read()) == set(SUBJECTS)


CELLS = {
    "done": Cell(tries=1, waits=(), end="done", exit_code=0, seconds=3),
    "done, 2 tries": Cell(tries=2, waits=(1.0,), end="done", exit_code=0, seconds=3),
    "**gave up** (1), 6 tries": Cell(tries=6, waits=(), end="gave up", exit_code=1, seconds=9),
    "waits": Cell(tries=1, waits=(), end="still waiting", exit_code=None, seconds=120),
}


@pytest.mark.parametrize(("words", "cell"), CELLS.items())
def test_a_cell_is_a_few_words(words: str, cell: Cell) -> None:
    assert short(cell) == words


SEEN = {
    "the first line that speaks of it": ("", "Hello\nError: 429 Too Many\nerror: again", "Error: 429 Too Many"),
    "none": ("All is fine.", "", ""),
    "colours are none": ("\x1b[31mretrying\x1b[0m now", "", "retrying now"),
    "places and times are not kept": (
        "", "failed after 213ms at http://127.0.0.1:3/v1: /home/me/a.log", "failed after TIME at URL PATH",
    ),
    "lines of capture are left out": ("", "note: fault 429: call 1\nWARNING: 1 failed\n429 m - ? failed", ""),
    "a long one is cut": ("error " + "x" * 90, "", "error " + "x" * 53 + "…"),
}  # fmt: skip


@pytest.mark.parametrize(("stdout", "stderr", "line"), SEEN.values(), ids=SEEN.keys())
def test_what_the_user_sees_is_one_line(stdout: str, stderr: str, line: str) -> None:
    assert seen(stdout, stderr) == line


@pytest.mark.agents
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "fault"), CHECKED, ids=lambda value: str(value).replace(" ", "-"))
def test_an_agent_does_what_the_document_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fault: str
) -> None:
    monkeypatch.setenv("PROBE_TARGETS", str(TARGETS))
    subject = SUBJECTS[name]
    require_agent(subject.agent)
    recording = record(subject, tmp_path / "recording")
    assert short(run_cell(subject, recording, fault, tmp_path / "cell")) == short(read()[name][fault])
