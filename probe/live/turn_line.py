"""Write a turn in one line for a terminal, and the totals of all turns."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from probe.analysis.continuation import Link
from probe.analysis.groups import PlacedTurn
from probe.analysis.purpose import TURN
from probe.analysis.retries import has_failed
from probe.cli.edge import one_line
from probe.report.actions import Actions, Style
from probe.report.preview import cut
from probe.trace.facts import TurnFacts
from probe.trace.trace import ExchangeFacts

_MODEL, _SHORT_MODEL = 24, 14
_NARROW = 100
"""Columns of a terminal in which the model's name gets less room."""
_LEAST = 20
"""Columns for what a turn did, however narrow the terminal is."""


class Totals:
    """Adds up turns."""

    def __init__(self) -> None:
        self.turns = self.failed = self.input = self.output = 0

    def add(self, facts: TurnFacts) -> None:
        """Add a turn; what the API did not report counts as nothing."""
        self.turns += 1
        self.failed += has_failed(facts)
        self.input += (facts.usage and facts.usage.input) or 0
        self.output += (facts.usage and facts.usage.output) or 0

    def text(self) -> str:
        """Return the totals in one line."""
        failed = f" ({self.failed:,} failed)" if self.failed else ""
        # Which of them are side requests, only the whole run shows.
        calls = f"{self.turns:,} call{'' if self.turns == 1 else 's'} of the model{failed}"
        return f"total: {calls}, {self.input:,} tokens in, {self.output:,} out"


def heading(columns: int | None) -> str:
    """Return the line above the first turn."""
    return _line(("status", "model", "first", "in", "out", "so far", "what it did"), columns)


def turn_line(facts: TurnFacts, exchange: ExchangeFacts, totals: Totals, columns: int | None) -> str:
    """Return a turn's line; `totals` has the turn already, `columns` are the terminal's."""
    usage = facts.usage
    first = "-" if facts.first_part is None else f"{facts.first_part - facts.started:.2f}s"
    return _line(
        (
            "none" if facts.status is None else str(facts.status),
            facts.answered_by or facts.model or "?",
            first,
            _count(usage.input if usage else None),
            _count(usage.output if usage else None),
            _count(totals.input + totals.output),
            _did(facts, exchange),
        ),
        columns,
    )


def _line(cells: tuple[str, ...], columns: int | None) -> str:
    status, model, *numbers, did = (one_line(cell.replace("\t", " ")) for cell in cells)
    room = _SHORT_MODEL if columns and columns < _NARROW else _MODEL
    parts = [status.ljust(6), set_cell_size(model, room), *(number.rjust(6) for number in numbers)]
    begin = "  ".join(parts) + "  "
    return begin + (did if columns is None else _fitted(did, max(_LEAST, columns - cell_len(begin) - 1)))


def _fitted(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1).rstrip() + "…"


def _did(facts: TurnFacts, exchange: ExchangeFacts) -> str:
    """Return what a turn did, or what became of it. Only a whole run shows which turns are side requests."""
    if has_failed(facts):
        return cut(facts.problem or exchange.error or "no answer")
    actions = Actions({exchange.line: exchange}, facts.started, Style())
    return actions.heading(PlacedTurn(facts=facts, index=0, link=Link(before=None), purpose=TURN, prompt=None))


def _count(number: int | None) -> str:
    """Return a count in at most six characters: 812, 12.3k, 1.2M; ? where the API did not report it."""
    if number is None:
        return "?"
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= 10 * size or (unit != "k" and number >= size):
            return f"{number / size:.1f}{unit}"
    return f"{number:,}"
