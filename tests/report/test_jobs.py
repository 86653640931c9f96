"""Several processes write the same report and the same summary as one."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from probe.analysis.prices import Prices
from probe.renderers.loader import AUTO, load_renderer
from probe.report import parts
from probe.report.report import write_report
from probe.report.summarize import summary_of
from probe.report.summary import json_of
from tests.report.reports import RUN, exchange
from tests.support import bundled

SAMPLES = list(bundled.RECORDS.values())


def written(record: Path, jobs: int, *, full: bool) -> tuple[str, str, list[int]]:
    """Return a report, its summary, and the numbers of the lines that are no records."""
    out, malformed = io.StringIO(), list[int]()
    found = write_report(
        out,
        record,
        replace(RUN, prompt="Write"),
        renderer=load_renderer(AUTO),
        prices=Prices(installed=False),
        on_malformed=lambda number, reason: malformed.append(number),
        full=full,
        jobs=jobs,
    )
    return out.getvalue(), json_of(summary_of(found)), malformed


@pytest.fixture(autouse=True)
def no_head_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide records that one process would have read before another one starts."""
    monkeypatch.setattr(parts, "HEAD_START", 0)


def test_a_process_that_would_have_nothing_left_to_read_is_not_started(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "HEAD_START", 32 << 20)
    monkeypatch.setattr(parts, "_Process", None)
    assert written(record, 2, full=False) == written(record, 1, full=False)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put all bundled samples into one file, some twice, with lines that are no records among them."""
    lines = [line for sample in [*SAMPLES, *SAMPLES[:2]] for line in sample.read_text().splitlines()]
    lines += [json.dumps(exchange(1.0 + number, "/v1/telemetry")) for number in range(20)]
    lines[len(lines) // 3 : len(lines) // 3] = ["", "{", "no record"]
    file = tmp_path_factory.mktemp("jobs") / "traffic.jsonl"
    file.write_text("\n".join(lines) + "\n{")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("jobs", [2, 3, 5])
def test_the_report_has_the_same_bytes(record: Path, jobs: int, full: bool) -> None:
    text, summary, malformed = written(record, 1, full=full)
    assert len(malformed) == 3
    assert written(record, jobs, full=full) == (text, summary, malformed)


RECORDS = {"nothing": "", "one line": json.dumps(exchange(1.0)) + "\n", "no line end": json.dumps(exchange(1.0))}


@pytest.mark.parametrize("text", RECORDS.values(), ids=RECORDS.keys())
def test_there_may_be_more_processes_than_lines(tmp_path: Path, text: str) -> None:
    file = tmp_path / "traffic.jsonl"
    file.write_text(text)
    assert written(file, 4, full=False) == written(file, 1, full=False)
