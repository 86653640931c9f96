"""A compressed run is the same run to every task: what they say and write of it does not change."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from probe.cli.called_as import module_of
from probe.cli.commands import COMMANDS
from probe.errors import UserError
from probe.places import PROJECT
from probe.record import compressed
from probe.record.compressed import compress
from probe.record.frame_table import read_table
from probe.record.manifest import Manifest
from probe.record.open_record import record_sha256
from probe.record.runs import Run
from probe.report import parts
from tests.support.provider import provider_running
from tests.support.running import Running

RUN, OTHER, SAME = (f"codex/2026010{number}T000000Z" for number in (1, 2, 3))
FRAME = 9000
"""Bytes in a frame, so that a sample has several."""

READING = {
    "analyze": ["analyze", f"--run={RUN}", "--output={out}/report.md"],
    "analyze --full": ["analyze", f"--run={RUN}", "--full", "--output={out}/report-full.md"],
    "analyze --html": ["analyze", f"--run={RUN}", "--html", "--output={out}/report.html"],
    "analyze --jobs": ["analyze", f"--run={RUN}", "--jobs=3", "--output={out}/report.md"],
    "analyze --input": ["analyze", "--input={record}", "--output={out}/report.md", "--target=codex"],
    "verify": ["verify", f"--run={RUN}"],
    "verify --json": ["verify", f"--run={RUN}", "--json"],
    "protocol": ["protocol", f"--run={RUN}", "--output={out}"],
    "compare": ["compare", RUN, OTHER, "--markdown={out}/c.md", "--html={out}/c.html", "--json={out}/c.json"],
    "compare with a file": ["compare", "{record}", OTHER, "--json={out}/c.json"],
    "slots": ["slots", RUN, SAME],
    "runs": ["runs", "--json"],
}
"""What each task is asked for; `{record}` is the file that has the record."""
IN_PROCESSES = {"view", "pipeline", "replay", "replay-check", "capture"}
"""Tested below, as processes."""
NOT_READING = {"proxies", "doctor", "new-target", "bench", "compress"}
BY_OTHERS = {"drift"}
"""Runs `capture --replay` and `compare`."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with three runs of one's own."""
    folder = tmp_path / "data"
    for name, sample in ((RUN, "tool-loop-websocket"), (OTHER, "tool-loop"), (SAME, "tool-loop-websocket")):
        shutil.copytree(PROJECT / "data" / "codex" / sample, folder / name)
        facts = json.loads((folder / name / "manifest.json").read_text())
        started = f"2026-01-0{name[13]}T00:00:00.000000Z"
        own = facts | {"bundled": False, "run": name.partition("/")[2], "started": started, "ended": started}
        (folder / name / "manifest.json").write_text(json.dumps(own))
        for path in [folder / name, *(folder / name).iterdir()]:
            path.chmod(0o700 if path.is_dir() else 0o600)
    monkeypatch.setenv("PROBE_DATA_DIR", str(folder))
    monkeypatch.setattr(compressed, "FRAME", FRAME)
    monkeypatch.setattr(parts, "HEAD_START", 1000)
    return folder


def run_in(data: Path, name: str = RUN) -> Run:
    return Run(folder=data / name, target="codex", manifest=Manifest.read(data / name))


def main_of(task: str) -> Callable[[list[str]], int]:
    module = import_module(module_of(task))
    if not hasattr(module, "main"):
        module = import_module(f"{module_of(task)}.__main__")
    found: Callable[[list[str]], int] = module.main
    return found


def asked(words: list[str], data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return all that a task says and writes, with the exit code; times of making apart."""
    out.mkdir()
    record = next(path for path in (data / RUN).iterdir() if path.name.startswith("traffic.jsonl"))
    task, *options = (word.format(out=out, record=record) for word in words)
    code = main_of(task)(options)
    said = capsys.readouterr()
    texts = {"code": str(code), "stdout": said.out, "stderr": said.err}
    texts |= {path.name: path.read_text() for path in out.iterdir()}
    return {name: _without_names(text.replace(str(out), "OUT")) for name, text in texts.items()}


def _without_names(text: str) -> str:
    """Return a text without the time of its making, and with one name of the record's file."""
    return re.sub(r"(generated[ _]at\W+)[-0-9:TZ ]+", r"\1", text.replace("traffic.jsonl.zst", "traffic.jsonl"))


@pytest.mark.parametrize("words", READING.values(), ids=READING.keys())
def test_every_task_says_and_writes_the_same(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    plain = asked(words, data, tmp_path / "plain", capsys)
    assert compress(run_in(data))
    assert compress(run_in(data, OTHER))
    assert asked(words, data, tmp_path / "compressed", capsys) == plain


def test_no_task_is_forgotten() -> None:
    named = {words[0] for words in READING.values()} | IN_PROCESSES | NOT_READING | BY_OTHERS
    assert set(COMMANDS) - named == set(), "a task that reads records belongs into READING"


def test_the_sample_of_these_tests_is_several_frames(data: Path) -> None:
    assert compress(run_in(data))
    with (data / RUN / "traffic.jsonl.zst").open("rb") as file:
        assert len(read_table(file, "it")) > 4
