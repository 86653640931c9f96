"""What tools returned, by the calls that asked for it."""

from __future__ import annotations

from probe.analysis.groups import PlacedTurn
from probe.analysis.tool_use import Result
from probe.exports.contents import Contents
from probe.exports.parts import RESULT, Part
from probe.exports.reading import ReadRun


class ToolResults:
    """Finds the results of calls, and their content."""

    def __init__(self, found: ReadRun, contents: Contents) -> None:
        self._findings, self._contents = found.findings, contents
        self._turns = {turn.index: turn for thread in found.findings.threads for turn in thread.turns}

    def of(self, turn: PlacedTurn, call_id: str | None) -> Result | None:
        """Return what became of a turn's call; None where no later request has its result."""
        return self._findings.results.of(turn, call_id) if call_id else None

    def content(self, result: Result, call_id: str) -> Part | None:
        """Return a result as a part of a message."""
        items = self._findings.trace.items.known
        # The newest, since an id may be used again.
        for number in reversed(self._turns[result.turn].facts.items):
            if call_id in items[number].features.results:
                parts = (part for message in self._contents.item(number) for part in message["parts"])
                return next((part for part in parts if part["type"] == RESULT and part["id"] == call_id), None)
        return None
