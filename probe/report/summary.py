"""The form of `summary.json`: every number of a run in one place, for programs and for the page.

Times are epoch seconds, sizes are bytes of decoded content. `probe.report.summarize` fills it in.
"""

from __future__ import annotations

from probe.report.plain_text import indented
from probe.report.summary_part import Part
from probe.report.summary_run import (
    Cost,
    Counts,
    FinalAnswer,
    ModelTotal,
    Project,
    PromptPart,
    RunFacts,
    Session,
    Thread,
    TimeSpent,
    Tokens,
)
from probe.report.summary_traffic import (
    ExchangeFacts,
    Hosts,
    Injected,
    ObserverChange,
    Proof,
    Secrets,
    ToolFacts,
    Unknown,
)
from probe.report.summary_turn import Turn

SCHEMA = 1


class Summary(Part, frozen=True, kw_only=True):
    """All numbers of a run."""

    schema: int
    """Version of this form."""
    project: Project
    """What wrote it."""
    generated_at: str
    """As RFC 3339, in UTC."""
    run: RunFacts
    """What was recorded."""
    problems: list[str]
    """What is wrong with the run or its record, as on line 3 of the report."""
    notes: list[str]
    """What else a reader should know: of how it was recorded, and of what was not understood."""
    final_answer: FinalAnswer | None
    """None where the model said nothing."""
    counts: Counts
    """How much there is."""
    cost: Cost
    """What it cost."""
    tokens: Tokens
    """Of all calls."""
    models: list[ModelTotal]
    """The work first, then side requests."""
    time: TimeSpent
    """Where the time went."""
    sessions: list[Session]
    """In the order in which they began."""
    threads: list[Thread]
    """By session, in the order in which they began."""
    turns: list[Turn]
    """In the order of their numbers."""
    exchanges: list[ExchangeFacts]
    """In the order in which they started."""
    prompt: list[PromptPart]
    """Instructions and tools of the turn that sent most of them: what is fixed, and what changes from run to run."""
    tools: list[ToolFacts]
    """Offered ones in the order in which they appeared, then those that were only called."""
    injected: list[Injected]
    """In the order in which they appeared."""
    hosts: Hosts
    """Where the agent's traffic went."""
    observer_changes: list[ObserverChange]
    """How recording changed the agent."""
    secrets: list[Secrets]
    """Where credentials were redacted."""
    unknown: list[Unknown]
    """The most frequent first."""
    proof: Proof
    """Whether the record is whole."""


def json_of(summary: Summary) -> str:
    """Return a summary as the text of its file."""
    return indented(summary)
