"""What `bench fleet` measures is there, and the estimate follows from it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.fleet_estimate import LISTED, MEGABYTES, RUNS, Inputs, estimates, inputs_of
from probe.places import PROJECT

MOST_TASKS, MOST_MEGABYTES = 6_250, 500


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_small_fleet_is_measured() -> None:
    command = [sys.executable, "-m", "bench", "fleet", "--runs", "40", "--workers", "1", "--json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=550)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["runs"] == 40
    assert all(value > 0 for value in measured.values()), measured
    assert measured[f"{LISTED}: tasks"] <= MOST_TASKS
    assert measured[f"{LISTED}: MB of memory"] < MOST_MEGABYTES
    inputs = inputs_of(measured)
    assert 0 < inputs.seconds_a_megabyte < inputs.seconds_a_run * 100


def test_work_is_shared_by_processors_and_handing_it_out_is_not() -> None:
    inputs = Inputs(
        seconds_a_run=0.03, seconds_a_megabyte=0.01, seconds_a_megabyte_fetched=0.01, tasks=3600, tasks_a_second=1
    )
    found = {one.processors: one for one in estimates(inputs)}
    cpu = RUNS * (0.03 + MEGABYTES * 0.02)
    assert found[2].hours == pytest.approx(cpu / 2 / 3600)
    assert found[2].megabytes_a_second == pytest.approx(RUNS * MEGABYTES / (cpu / 2))
    assert found[256].hours == 1  # as long as the tasks take to be handed out
