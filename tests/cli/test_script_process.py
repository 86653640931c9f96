"""A script that is run by another one is ended where it takes too long."""

from __future__ import annotations

import psutil
import pytest

from probe.cli import script_process
from probe.cli.script_process import run_script

STATEMENTS = {
    "one that waits": "import time; time.sleep(100)",
    "one that ignores the signal": "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); time.sleep(100)",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_script_that_takes_too_long_is_ended(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_process, "_END_SECONDS", 1)
    with pytest.raises(TimeoutError, match="took more than 2 seconds"):
        run_script("timeit", ["-n", "1", STATEMENTS[name]], seconds=2)
    assert psutil.Process().children() == []


def test_a_script_that_ends_in_time_is_left_alone() -> None:
    assert run_script("timeit", ["-n", "1", "pass"], seconds=60) == 0
