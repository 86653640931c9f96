"""Who waits for an upload reads how far it is, at which rate, and how long it will take."""

from __future__ import annotations

import pytest

from probe.errors import UserError
from probe.remote import progress
from probe.remote.progress import Progress, RunsProgress


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that progress is measured with."""
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_of_a_run(clock: Clock) -> None:
    said: list[str] = []
    one = Progress("codex/a", said.append)
    one.add(3, 100_000_000)
    for now in (1, 2, 4, 5, 8):
        clock.now = now
        one.sent(10_000_000)
    assert said == [
        "codex/a: 30.0 MB of 100.0 MB, 7.5 MB/s, 9 s left",
        "codex/a: 50.0 MB of 100.0 MB, 6.2 MB/s, 8 s left",
    ]
    assert one.described() == "3 files, 50.0 MB"


def test_of_many_runs(clock: Clock) -> None:
    said: list[str] = []
    runs = RunsProgress(4, said.append)
    for now, code in ((1, 0), (4, 1), (6, 0)):
        clock.now = now
        runs.of("codex/a").sent(1_000_000)
        runs.finished_run(code)
    assert said == ["1 of 4 runs (1 failed), 2.0 MB, 0.5 MB/s, 4 s left"]
    assert runs.described() == "2 of 4 runs (1 failed), 3.0 MB, 0.5 MB/s"


def test_what_is_to_end_ends_with_the_request_that_is_under_way(clock: Clock) -> None:
    runs = RunsProgress(1, lambda text: None)
    one = runs.of("codex/a")
    one.sent(1)
    runs.stop()
    with pytest.raises(UserError, match="codex/a: the upload was stopped"):
        one.sent(1)
