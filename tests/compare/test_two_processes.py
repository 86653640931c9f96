"""Two large recordings are read in two processes, with the result of one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from probe.compare.reading import SMALL
from tests.compare.comparing import SAMPLES

IN_ONE_PROCESS = "import probe.compare.reading as reading, sys; reading.SMALL = 1 << 60; "
MAIN = "from probe.compare.__main__ import main; sys.exit(main(sys.argv[1:]))"


def compared(one: Path, other: Path, code: str) -> str:
    words = [sys.executable, "-c", code, str(one), str(other)]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    text = (SAMPLES / "codex" / "sample" / "traffic.jsonl").read_text()
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text(text * (2 + SMALL // 2 // len(text)))
    other.write_text(one.read_text().replace("parallel_tool_calls", "parallel_calls"))
    assert one.stat().st_size + other.stat().st_size > SMALL
    found = compared(one, other, f"import sys; {MAIN}")
    assert "parallel_calls" in found
    assert found == compared(one, other, IN_ONE_PROCESS + MAIN)
