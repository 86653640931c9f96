"""A report says where a turn's input is not in the record."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe.record.exchange import Exchange
from probe.renderers.loader import AUTO, load_renderer
from probe.report.report import ReportedRun, write_report
from tests.analysis.runs import ask, said
from tests.trace.tracing import lines

NOT_HERE = "what is before it is not in this record"
STORED = "A part of its input is stored by the API, and is not in this record."
RUNS: dict[str, tuple[list[Exchange], str | None]] = {
    "an answer that was not captured": (
        [ask(1, said("one"), previous_response_id="resp_x")],
        f"It goes on from the answer `resp_x`: {NOT_HERE}.",
    ),
    "a conversation that the API keeps": ([ask(1, said("one"), conversation="conv_1")], STORED),
    "an answer that was captured": ([ask(1, said("one")), ask(2, said("two"), previous_response_id="r1")], None),
    "all that was sent": ([ask(1, said("one"))], None),
}


@pytest.mark.parametrize(("run", "note"), RUNS.values(), ids=RUNS.keys())
def test_an_input_that_is_not_in_the_record_is_noted(tmp_path: Path, run: list[Exchange], note: str | None) -> None:
    record, out = tmp_path / "traffic.jsonl", io.StringIO()
    record.write_bytes(lines(run))
    about = ReportedRun(title="T", source="s", generated_at=datetime(2026, 1, 1, tzinfo=UTC))
    write_report(out, record, about, renderer=load_renderer(AUTO))
    text = out.getvalue()
    assert (note in text) if note else (NOT_HERE not in text and STORED not in text)
