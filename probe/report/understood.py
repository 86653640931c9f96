"""A run understood: what all writers of a report have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probe.analysis.findings import Findings, findings_of
from probe.analysis.prices import Prices
from probe.report.problems import notes_of, problems_of
from probe.report.prompt_parts import PromptPart, PromptSlots, prompt_parts
from probe.report.run import ReportedRun
from probe.trace.facts import TurnFacts
from probe.trace.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What is written of a run."""

    run: ReportedRun
    findings: Findings
    malformed: Sequence[int]
    """Number of each line that is no record."""
    problems: Sequence[str]
    """What is wrong, as plain text."""
    remarks: Sequence[str]
    """What else a reader should know, as plain text."""
    final_answer: str
    """The whole last text of the agent's own work; empty where the model said nothing."""
    prompt_parts: Sequence[PromptPart]
    """What its instructions and tools are made of."""
    is_full: bool = False

    @property
    def trace(self) -> Trace:
        """Return what it was found in."""
        return self.findings.trace


def understand(
    trace: Trace,
    run: ReportedRun,
    prices: Prices,
    malformed: Sequence[int],
    spoken: Callable[[TurnFacts], str],
    prompt: PromptSlots,
) -> Understood:
    """Return what all writers need of a run.

    `spoken` returns the whole text that a turn said last, `prompt` has the slots of instructions and tools.
    """
    findings = findings_of(
        trace,
        prices,
        prompt=run.prompt,
        started=run.started,
        ended=run.ended,
        tunnels=run.tunnels,
        coverage=run.coverage,
        measured=run.measured,
    )
    return Understood(
        run=run,
        findings=findings,
        malformed=malformed,
        problems=list(problems_of(findings.exchange_totals, malformed, trace, live=run.live)),
        remarks=list(notes_of(trace)),
        final_answer=spoken(findings.final.facts) if findings.final else "",
        prompt_parts=prompt_parts(findings, prompt.found),
    )
