"""The short report leaves out what says nothing new; the full one has all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probe.renderers.blocks import Block, Body, Reasoning, Text, Tool, ToolCall, ToolResult
from probe.report.markdown.shortened import brief, shortened
from tests.report.reports import exchange, record, report
from tests.report.test_turns import section

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


LONG = "a" * 5000 + "b" * 5000
CUT = "a" * 300 + "\n[… 9,500 characters left out; analyze --full shows them …]\n" + "b" * 200
CUTS: dict[str, tuple[Block, Block]] = {
    "a result": (
        ToolResult(kind="x", content=(Text(text=LONG), Body(value={"output": LONG}), Body(value=[LONG]))),
        ToolResult(kind="x", content=(Text(text=CUT), Body(value={"output": CUT}), Body(value=[CUT]))),
    ),
    "a call": (
        ToolCall(kind="x", name="edit", arguments={"path": "a.py", "text": LONG}),
        ToolCall(kind="x", name="edit", arguments={"path": "a.py", "text": CUT}),
    ),
    "reasoning": (Reasoning(summary=LONG, text=LONG), Reasoning(summary=CUT, text=CUT)),
    "a tool": (
        Tool(name="t", type="x", description=LONG, definition={"description": LONG}),
        Tool(name="t", type="x", description=LONG, definition={"description": CUT}),
    ),
}


@pytest.mark.parametrize(("whole", "cut"), CUTS.values(), ids=CUTS.keys())
def test_a_long_text_of_a_tool_or_of_reasoning_is_shown_from_both_ends(whole: Block, cut: Block) -> None:
    assert shortened(whole) == cut


def test_short_texts_and_what_the_model_said_are_whole() -> None:
    result = ToolResult(kind="x", content=(Text(text="a" * 700),))
    assert shortened(result) == result
    assert shortened(Text(text="a" * 5000)) == Text(text="a" * 5000)


def test_arguments_and_results_that_fit_are_in_one_line() -> None:
    short, piped = {"command": "ls -la"}, {"command": "ls | wc -l"}
    assert '`{ "command": "ls -la" }`' in brief([ToolCall(kind="x", name="shell", arguments=short)])
    assert '`{ "exit": 0 }`' in brief([ToolResult(kind="x", content=(Body(value={"exit": 0}),))])
    # A pipe would end a cell of a table, so it is no inline code.
    assert "```json\n" in brief([ToolCall(kind="x", name="shell", arguments=piped)])


def test_long_bodies_beside_the_turns_are_left_to_the_full_log(tmp_path: Path) -> None:
    long = exchange(1.0, "/v1/telemetry")
    long["request"]["body"] = {"events": ["started"] * 1000}
    lines = record(tmp_path, long)
    short, full = report(lines)[0], report(lines, full=True)[0]
    assert ("`--full` shows them" in short, "started" in section(short, "Exchanges")) == (True, False)
    assert full.count('"started"') == 1000
