"""Golden files of the report: `tests/golden/report/<case>.md` is what a person reads of a run."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe.renderers.loader import AUTO, load_renderer
from probe.report import write_report
from probe.report.run import ReportedRun
from probe.targets.finding import load_target
from tests.conftest import GOLDEN

REPORTS = GOLDEN / "report"
RUN = ReportedRun(title="Traffic report", source="traffic.jsonl", generated_at=datetime(2026, 1, 1, tzinfo=UTC))
OF_APIS = {
    "anthropic_messages": "streamed-tool-loop",
    "bedrock_converse": "whole-and-streamed",
    "bedrock_invoke": "streamed-tool-call",
    "gemini_generate_content": "streamed-tool-loop",
    "openai_chat_completions": "streamed-tool-loop",
    "openai_responses": "websocket-conversation",
}
"""Cases of the renderers whose report is a golden file too."""
CASES = {path.stem: path for path in sorted(REPORTS.glob("*.jsonl"))} | {
    f"{api}-{case}": GOLDEN / api / f"{case}.jsonl" for api, case in OF_APIS.items()
}
KNOWN = {
    "a-live-run-with-a-cut-answer": replace(RUN, prompt="Count the lines of notes.txt.", live=True),
    "a-sub-agent-beside-its-parent": replace(RUN, prompt="Why is the total wrong?"),
    "unreachable-upstream": replace(RUN, prompt="Which tests fail?", about=[("Exit code of the agent", "1")]),
}
"""What is known of a run besides its record."""
PROBLEMS = {
    "a-live-run-with-a-cut-answer": "still being recorded",
    "malformed-lines": "3 malformed lines skipped (lines 1, 3, 4)",
    "retries-that-fail-then-succeed": "529: Overloaded",
    "unreachable-upstream": "connection refused",
    "a-sub-agent-beside-its-parent": "No problems were found.",
}


def report(case: str) -> str:
    """Return the report of a case."""
    out = io.StringIO()
    write_report(
        out, CASES[case], KNOWN.get(case, RUN), renderer=load_renderer(AUTO), ids=load_target("claude-code")[0].ids
    )
    return out.getvalue()


@pytest.mark.parametrize("case", CASES)
def test_a_report_is_the_golden_one(case: str, golden: Callable[[Path, str], None]) -> None:
    golden(REPORTS / f"{case}.md", report(case))


@pytest.mark.parametrize(("case", "problem"), PROBLEMS.items(), ids=PROBLEMS)
def test_problems_are_on_line_3_with_their_cause(case: str, problem: str) -> None:
    assert problem in report(case).splitlines()[2]


def test_an_upstream_that_never_answered_is_one_row_and_no_thirty_turns() -> None:
    text = report("unreachable-upstream")
    assert text.count("\n### Turn ") == 1
    assert len([line for line in text.splitlines() if line.startswith("| [")]) == 1
