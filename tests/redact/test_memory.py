"""A record of any size is copied in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.planted_run import body_fields, exchange, planted_run

SIZE = 100_000_000
MEGABYTE = 1 << 20
COPY = """
import sys
from pathlib import Path
from probe.record.runs import find_run
from probe.redact.copying import redacted_copy
copy = redacted_copy(find_run(sys.argv[1], Path()), Path(sys.argv[2]), print, salt=b"k" * 32)
print(copy.manifest.facts.redaction.replaced)
# What the process before `exec` used is not counted here, unlike by getrusage.
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says what one process used")
def test_an_answer_of_a_hundred_megabytes_is_not_held_in_memory(tmp_path: Path) -> None:
    words = "plain words of a long answer that nobody wrote, " * 40
    event = f"data: {json.dumps({'delta': words + 'alice.x@corp.io'})}\n\n"
    run = planted_run(tmp_path / "run", exchange(response=body_fields(event * (SIZE // len(event)), "sse")))
    done = subprocess.run(
        [sys.executable, "-c", COPY, run.folder, tmp_path / "copy"], capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stderr
    replaced, peak = done.stdout.splitlines()
    assert replaced == "{'email': 1}"
    # The file itself is mapped once, to find the ends of its long texts; the system can take that back.
    assert int(peak) // 1024 < 150 + SIZE // MEGABYTE
    with (tmp_path / "copy" / "traffic.jsonl").open("rb") as file:
        assert not any(b"alice" in block for block in iter(lambda: file.read(MEGABYTE), b""))
