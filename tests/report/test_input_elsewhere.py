"""A report says where a turn's input is not in the record."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe.record.exchange import Exchange
from probe.renderers.loader import AUTO, load_renderer
from probe.report.report import write_report
from probe.report.run import ReportedRun
from tests.analysis.runs import ask, said
from tests.trace.tracing import lines

NOTE = "going on from what the API has stored and this record does not show"
RUNS: dict[str, tuple[list[Exchange], bool]] = {
    "an answer that was not captured": ([ask(1, said("one"), previous_response_id="resp_x")], True),
    "a conversation that the API keeps": ([ask(1, said("one"), conversation="conv_1")], True),
    "an answer that was captured": ([ask(1, said("one")), ask(2, said("two"), previous_response_id="r1")], False),
    "all that was sent": ([ask(1, said("one"))], False),
}


@pytest.mark.parametrize(("run", "noted"), RUNS.values(), ids=RUNS.keys())
def test_an_input_that_is_not_in_the_record_is_noted(tmp_path: Path, run: list[Exchange], noted: bool) -> None:
    record, out = tmp_path / "traffic.jsonl", io.StringIO()
    record.write_bytes(lines(run))
    about = ReportedRun(title="T", source="s", generated_at=datetime(2026, 1, 1, tzinfo=UTC))
    write_report(out, record, about, renderer=load_renderer(AUTO))
    assert (NOTE in out.getvalue()) is noted
