"""What the plain line of the README runs, and what it says of the rest."""

from __future__ import annotations

import subprocess
import sys

import pytest

from probe.places import PROJECT

FILES = [
    "tests/e2e/test_codex.py",
    "tests/e2e/test_faults.py",
    "tests/e2e/test_own_upstreams.py",
    "tests/page/test_page_code.py",
]
CHOICES = {
    "the plain line": ([], ["agents", "browsers", "slow"], 0),
    "with agents": (["--agents"], ["browsers", "slow"], 1),
    "with slow tests": (["--slow"], ["agents", "browsers"], 1),
    "all": (["--all"], [], 2),
}
EACH = [
    pytest.param(*choice, id=name, marks=() if name == "the plain line" else pytest.mark.slow)
    for name, choice in CHOICES.items()
]
"""Each collects many tests, which takes seconds."""


@pytest.mark.parametrize(("options", "left_out", "kinds"), EACH)
def test_agents_and_slow_tests_run_only_when_asked_for_and_the_summary_says_so(
    options: list[str], left_out: list[str], kinds: int
) -> None:
    command = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "-q", *FILES, *options]
    shown = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    for kind in ("agents", "browsers", "slow"):
        assert (f": pytest --{kind} (or --all)" in shown.stdout) == (kind in left_out)
    chosen = [name in shown.stdout for name in ("test_a_tool_loop_is_recorded_byte", "test_what_broke_off_is_on")]
    assert sum(chosen) == kinds
    # One that needs an agent is left out as such, however slow it is.
    assert ("test_a_real_agent_follows" in shown.stdout) == ("agents" not in left_out)
