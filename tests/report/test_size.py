"""The short report leaves out what says nothing new; the full one has all of it."""

from __future__ import annotations

import re
from pathlib import Path

from probe.renderers.blocks import Body, Text, ToolResult
from probe.report.markdown.shortened import shortened
from tests.report.reports import exchange, record, report

URL = "https://api.example/v1/telemetry"


def test_the_first_exchanges_with_an_endpoint_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    lines = record(tmp_path, *(exchange(1.0 + number, "/v1/telemetry") for number in range(8)), exchange(9, "/v1/x"))
    short, full = report(lines)[0], report(lines, full=True)[0]
    assert short.count("### POST `/v1/telemetry`") == 3
    assert short.count("### POST `/v1/x`") == 1
    assert f"| POST | `{URL}` | 200 | 5 | 4, 5, 6, 7, 8 |" in short
    assert len(re.findall(r"### \d+. POST `/v1/telemetry`", full)) == 8


def test_an_exchange_that_failed_is_always_shown(tmp_path: Path) -> None:
    failed = exchange(9.0, "/v1/telemetry")
    failed["response"]["status_code"] = 500
    lines = record(tmp_path, *(exchange(1.0 + number, "/v1/telemetry") for number in range(5)), failed)
    assert "→ 500" in report(lines)[0]


def test_a_long_result_is_shown_from_both_ends() -> None:
    text = "a" * 5000 + "b" * 5000
    cut = "a" * 800 + "\n[… 8,800 characters: --full shows them …]\n" + "b" * 400
    whole = (Text(text=text), Body(value={"output": text}), Body(value=[text]))
    expected = (Text(text=cut), Body(value={"output": cut}), Body(value=[cut]))
    assert shortened(ToolResult(kind="x", content=whole)) == ToolResult(kind="x", content=expected)


def test_short_results_and_what_the_model_said_are_whole() -> None:
    result = ToolResult(kind="x", content=(Text(text="a" * 1500),))
    assert shortened(result) == result
    assert shortened(Text(text="a" * 5000)) == Text(text="a" * 5000)
