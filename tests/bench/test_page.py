"""What `python -m bench page` prints; how fast anything was is not tested."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from probe.places import PROJECT

SAMPLE = PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl"
NUMBER = r"\d+\.\d+"
ROWS = {
    "first list, usable, loaded": r"\d+ ms, \d+ ms, \d+ ms",
    "memory, once loaded": r"-?\d+ MB more than an empty tab",
    r"opening the request of \d+ exchanges": r"median \d+ ms, most \d+ ms",
    r"opening the response of \d+ exchanges": r"median \d+ ms, most \d+ ms",
    "scrolling": r"180 frames, 99 % within \d+ ms, the longest \d+ ms",
    "search for 'tool'": r"first hit \d+ ms, all \d+ ms, [1-9]\d* hits",
    "search for 'in no place'": r"all \d+ ms, 0 hits",
    "console": "nothing",
}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "page", *arguments, "--rounds=1"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.browsers
@pytest.mark.timeout(250)
@pytest.mark.parametrize("browser", ["chrome", "firefox"])
def test_a_page_is_measured_while_it_is_made_and_in_a_browser(browser: str) -> None:
    done = bench(str(SAMPLE), "--browser", browser, "--word=tool", "--word=in no place")
    assert done.returncode == 0, done.stderr
    making, compression, size = done.stdout.splitlines()[:3]
    assert re.fullmatch(rf"making: {NUMBER} s of CPU, {NUMBER} x one pass of orjson \(pairs: {NUMBER}\)", making)
    assert re.fullmatch(rf"compression: {NUMBER} s of CPU beside it; memory: \d+ MB", compression)
    assert re.fullmatch(rf"size: {NUMBER} MB, {NUMBER}% of the record", size)
    for what, figures in ROWS.items():
        assert re.search(rf"│ {what} +│ {figures} +│", done.stdout), (what, done.stdout)


@pytest.mark.slow
def test_a_record_that_cannot_be_made_a_page_of_is_an_error(tmp_path: Path) -> None:
    done = bench(str(tmp_path / "missing.jsonl"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
