"""What `python -m bench analysis`, `frames` and `start` print; how fast anything was is not tested."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from probe.places import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SAMPLE = PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl"
NUMBER = r"\d+\.\d+"


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of them to its end, with one round."""
    command = [sys.executable, "-m", "bench", *arguments, "--rounds=1"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240, check=False)


def test_analysis_is_measured_beside_the_floor_another_command_and_an_empty_file() -> None:
    other = f"{sys.executable} -c pass {{file}} {{out}}"
    done = bench("analysis", str(SAMPLE), f"--beside={other}")
    assert done.returncode == 0, done.stderr
    table, printed = done.stdout, [line for line in done.stdout.splitlines() if ":" in line]
    for row in ("floor", "other", "one process", "two processes", "empty"):
        assert re.search(rf"{row} +│ +{NUMBER} +│ +{NUMBER} +│ +\d+", table), row
    assert re.fullmatch(rf"CPU: {NUMBER} x the floor; less the empty file -?{NUMBER} x", printed[0])
    assert re.fullmatch(rf"CPU: {NUMBER} x the other; less the empty file -?{NUMBER} x", printed[1])
    assert re.fullmatch(rf"wall: two processes take {NUMBER} x one", printed[2])
    assert re.fullmatch(rf"report: {NUMBER}% of the record", printed[3])


def test_a_record_that_cannot_be_analysed_is_an_error(tmp_path: Path) -> None:
    done = bench("analysis", str(tmp_path / "missing.jsonl"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_sizes_of_frames_are_measured_beside_one_long_window_and_reading_beside_the_plain_record() -> None:
    done = bench("frames", str(SAMPLE))
    assert done.returncode == 0, done.stderr
    for row in ("one long window", "128 KiB", r"4 MiB \(used\)", "16 MiB"):
        assert re.search(rf"{row} +│ 1 +│ \d+ +│ {NUMBER} +│ {NUMBER} x +│ {NUMBER} s", done.stdout), row
    last = rf"analyze: {NUMBER} x the CPU of the plain record \(pairs: {NUMBER}\)"
    assert re.fullmatch(last, done.stdout.splitlines()[-1])


def test_starts_are_measured_beside_those_of_an_empty_task_and_of_mitmproxy() -> None:
    done = bench("start")
    assert done.returncode == 0, done.stderr
    listed, helped, captured = done.stdout.splitlines()
    assert re.fullmatch(rf"invoke --list: {NUMBER} s, {NUMBER} x an empty task", listed)
    assert re.fullmatch(rf"invoke --help: {NUMBER} s, {NUMBER} x an empty task", helped)
    assert re.fullmatch(rf"capture: {NUMBER} s, {NUMBER} x two starts of Python with mitmproxy", captured)
