"""Golden files of the renderers: `<case>.jsonl` goes in, `<case>.md` comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from probe.record.reader import read_exchanges
from probe.renderers import load_renderer
from probe.report.log import Log
from tests.conftest import GOLDEN

CASES = sorted(GOLDEN.glob("*/*.jsonl"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_exchanges_are_told_as_in_the_golden_file(case: Path, golden: Callable[[Path, str], None]) -> None:
    golden(case.with_suffix(".md"), told(case))


def told(case: Path) -> str:
    """Write the log of a case."""

    def malformed(number: int, reason: str) -> None:
        raise AssertionError(f"{case}:{number}: {reason}")

    exchanges = list(read_exchanges(case, malformed))
    log = Log(load_renderer(f"probe.renderers.{case.parent.name}"), exchanges[0].timestamp)
    text = "\n".join(log.entry(number, exchange) for number, exchange in enumerate(exchanges, 1))
    assert log.failures == 0
    return text
