"""What is not needed is not imported: `invoke --list` waits for nothing but Invoke."""

from __future__ import annotations

import subprocess
import sys

import pytest

from probe.places import PROJECT


def imported(before: str, then: str) -> set[str]:
    """Return the modules that a fresh Python loads for `then`, once `before` is there."""
    code = f"import sys, {before}; there = set(sys.modules); import {then}; print(*sys.modules.keys() - there)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_the_tasks_load_what_spells_command_lines_and_nothing_else() -> None:
    loaded = imported("invoke.main, invoke.collection, invoke.tasks", "tasks")
    own = ("tasks", "probe", "probe.places", "__future__")
    others = {name for name in loaded if name not in own and not name.startswith(("probe.cli", "probe.tasks"))}
    assert others == set()


@pytest.mark.parametrize(
    "module", ["mitmproxy", "aiohttp", "asyncio", "rich", "zstandard", "probe.analysis", "probe.report"]
)
def test_a_capture_does_not_load_what_its_helpers_or_its_report_need(module: str) -> None:
    loaded = imported("probe.errors", "probe.capture")
    assert not {name for name in loaded if name == module or name.startswith(f"{module}.")}
