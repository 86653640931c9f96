"""The form of a comparison, as `--json` writes it."""

from __future__ import annotations

from typing import Any

import msgspec

from probe.compare.rules import RULES, Area, Polarity
from probe.report.plain_text import indented

SCHEMA = 1


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a comparison."""


class Finding(Part, frozen=True, kw_only=True):
    """One difference."""

    kind: str
    """A key of the table of rules (`probe.compare.rules`)."""
    place: str
    """Where it is: `input[].content[type=input_text].text`, `tools.exec_command.arguments.cmd`."""
    polarity: Polarity
    """How much it matters to who depends on the first."""
    line: str
    """The difference in one line, as plain text."""
    before: Any = None
    """What the first has there; null where it has nothing, or too much to be shown."""
    after: Any = None
    evidence: str = ""
    """How often it was seen: `in 12 of 12, now in 0 of 9`."""
    text: tuple[str, ...] = ()
    """The lines of a text that differ, each with its sign: a space, `-` or `+`."""

    @property
    def area(self) -> Area:
        """Return what it is about."""
        return RULES[self.kind].area


class Compared(Part, frozen=True, kw_only=True):
    """One of the two."""

    name: str
    """As a run is called: `codex/tool-loop`; the path of a file from elsewhere."""
    agent: str | None
    """Target and version."""
    state: str | None = None
    """How it ended, where it did not end by itself with exit code 0; `still being recorded` before its end."""
    mode: str | None
    """`headless`: the prompt was in the command; `interactive`; null where no command is known."""
    models: tuple[str, ...]
    """The models that it asked, the work's first."""
    prompt: str | None
    replay_of: str | None
    """The recording that answered; null where the real upstreams did."""
    exchanges: int
    turns: int
    """Turns of the work and side requests."""


class Spread(Part, frozen=True, kw_only=True):
    """Several numbers."""

    n: int
    """How many."""
    total: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None


class Measure(Part, frozen=True, kw_only=True):
    """What both took; never a finding: one run's time is noise."""

    what: str
    unit: str
    """`tokens`, `dollars`, `seconds` or `bytes`."""
    before: Spread
    after: Spread


class TurnLine(Part, frozen=True, kw_only=True):
    """One turn in a few words."""

    number: int
    """As the run's report has it."""
    thread: int
    purpose: str
    asked: str
    """The beginning of what is new in its request."""
    did: str
    """The tools that it called, or the beginning of what it said."""


class TurnPair(Part, frozen=True, kw_only=True):
    """Two turns that belong together; one of them is missing where the other run has none like it."""

    before: TurnLine | None
    after: TurnLine | None
    same: bool
    """True where they ask and do the same."""


class Parting(Part, frozen=True, kw_only=True):
    """Where the runs part, and where they are the same again."""

    pair: int
    """Index of the first pair of the first lasting divergence."""
    met: int | None
    """Index of the first pair after it from which both do the same again; null where they do not."""


class Comparison(Part, frozen=True, kw_only=True):
    """What changed from one recording to another."""

    schema: int = SCHEMA
    """Version of this form."""
    before: Compared
    after: Compared
    findings: tuple[Finding, ...]
    """In the order of areas, the most serious first in each."""
    parting: Parting | None
    """Null where no divergence lasts."""
    turns: tuple[TurnPair, ...]
    """All turns, aligned."""
    measures: tuple[Measure, ...]
    """Tokens, prices and times: numbers to look at."""
    shareable: bool = False
    """True where values, texts and turns are left out, so that it can be published."""

    def count(self, polarity: Polarity) -> int:
        """Return how many findings have a polarity."""
        return sum(one.polarity is polarity for one in self.findings)


def finding(kind: str, place: str, line: str, **fields: Any) -> Finding:
    """Return a finding with the polarity of its kind."""
    return Finding(kind=kind, place=place, polarity=RULES[kind].polarity, line=line, **fields)


def json_of(comparison: Comparison) -> str:
    """Return a comparison as the text of a file."""
    return indented(comparison)
