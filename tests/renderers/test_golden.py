"""Golden files of the renderers: the full log of `<case>.jsonl` is `<case>.md`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from probe.renderers.loader import load_renderer
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.markdown.full_log import FullLog
from probe.report.markdown.spool import Spool
from probe.trace.facts import TurnFacts
from probe.trace.trace import read_trace
from tests.conftest import GOLDEN

CASES = sorted(case for case in GOLDEN.glob("*/*.jsonl") if case.parent.name != "report")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_exchanges_are_written_as_in_the_golden_file(case: Path, golden: Callable[[Path, str], None]) -> None:
    golden(case.with_suffix(".md"), full_log(case))


def full_log(case: Path) -> str:
    """Return the full log of a case, read by the renderer that its folder is named after."""

    def malformed(number: int, reason: str) -> None:
        raise AssertionError(f"{case}:{number}: {reason}")

    texts = ExchangeTexts(Spool())
    trace = read_trace(
        case,
        load_renderer(f"probe.renderers.{case.parent.name}"),
        on_exchange=texts.add,
        on_malformed=malformed,
    )
    assert trace.failures == []
    turns: dict[int, list[TurnFacts]] = {}
    for turn in trace.turns:
        turns.setdefault(turn.line, []).append(turn)
    exchanges = sorted(trace.exchanges, key=lambda one: (one.started, one.line))
    text = "\n".join(FullLog(texts, exchanges[0].started).entries(exchanges, turns))
    texts.spool.close()
    return text
