"""Test your own client of a model's API against a recorded run: `recorded_run`, as context manager and fixture.

    with recorded_run("codex/tool-loop") as run:
        client = OpenAI(base_url=run.url + "/v1", api_key="any")
        assert list(client.responses.create(stream=True, extra_body=run.recorded[0]))

docs/testing.md describes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.testing.served_run import RecordedRun

__all__ = ["recorded_run"]


def recorded_run(
    source: str | Path, *, speed: float | str = "max", strict: bool = True, faults: str | Sequence[str] = ()
) -> AbstractContextManager[RecordedRun]:
    """Serve a recording on 127.0.0.1 while the context lasts.

    `source` is a run's name (`codex/tool-loop`, `latest`), a run's folder, or a `traffic.jsonl`. `speed` is 1 as
    recorded, 10 ten times as fast, `max` without pauses. With `strict`, a request that differs from the recorded ones
    is refused, and the end of the context raises AssertionError with what differed. `faults` (one, or several) are as
    in docs/faults.md. One that hits no call raises AssertionError at the end, too; so does a client that makes no call.
    """
    # Here: pytest imports this package in every project that has it installed.
    from probe.testing.served_run import served

    return served(source, speed=str(speed), strict=strict, faults=faults)
