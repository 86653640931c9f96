"""What is shown while a fleet is read."""

from __future__ import annotations

import io

import pytest

from probe.fleet.progress import Progress, duration


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (59.9, "1:00"), (754, "12:34"), (11_045, "3:04:05")]
)
def test_a_duration_is_as_people_write_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def _half_read(out: io.StringIO) -> tuple[Progress, _Clock]:
    clock = _Clock()
    progress = Progress(out, clock)
    progress.start(2000, 1000)
    for number in range(500):
        progress.read(f"codex/{number}", 100_000)
    clock.now += 50
    return progress, clock


def test_the_line_has_runs_rates_remaining_time_and_workers() -> None:
    progress, clock = _half_read(io.StringIO())
    line = progress.line(clock.now, 4)
    assert line == "1,500 of 2,000 runs (75 %), 10.0 runs/s, 1.0 MB/s, 0:50 left, 4 workers"
    assert progress.line(clock.now, 0).endswith("left, no worker: start one, or end this with Ctrl-C")


def test_a_run_counts_once_however_often_it_is_reported() -> None:
    progress, clock = _half_read(io.StringIO())
    progress.read("codex/7", 0)
    progress.finished(f"codex/{number}" for number in range(500))
    assert progress.line(clock.now, 1).startswith("1,500 of 2,000 runs")


def test_a_terminal_has_one_line_that_is_rewritten() -> None:
    out = _Terminal()
    progress, clock = _half_read(out)
    progress.show(10)
    clock.now += 10
    progress.show(2)
    progress.close()
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().count("\r") == 2
    first, second = out.getvalue().strip("\r\n").split("\r")
    assert len(second) >= len(first), "the rest of a longer line stays"


def test_elsewhere_a_line_comes_now_and_then() -> None:
    out = io.StringIO()
    progress, clock = _half_read(out)
    for _ in range(100):
        clock.now += 1
        progress.show(2)
    assert 3 <= len(out.getvalue().splitlines()) <= 5


def test_the_rate_is_that_of_the_last_minute() -> None:
    progress, clock = _half_read(io.StringIO())
    for _ in range(30):
        clock.now += 60
        progress.show(2)
    assert "0.0 runs/s" in progress.line(clock.now, 2)
    assert "time left unknown" in progress.line(clock.now, 2)
