"""Print a line for each finished turn of a run while it is being recorded, read from outside of the proxies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from probe.cli.edge import say
from probe.live.growing_record import GrowingRecord
from probe.live.turn_line import Totals, heading, turn_line
from probe.renderers.loader import Renderer
from probe.trace.exchanges import ExchangeReader
from probe.trace.facts import facts_of
from probe.trace.trace import exchange_facts


class TurnLines:
    """Prints to stderr, as all progress."""

    def __init__(self, traffic: Path, renderer: Renderer) -> None:
        self._record = GrowingRecord(traffic)
        self._reader = ExchangeReader(renderer, structured=False)
        self._totals = Totals()

    def poll(self) -> None:
        """Print the turns that have finished since the last call."""
        # What is wrong with the file is reported when the recording ends.
        with suppress(OSError):
            for exchange in self._record.new():
                traced = self._reader.read(exchange)
                self._reader.items.take_new()
                for turn in traced.turns:
                    facts = facts_of(turn, exchange, {})
                    if not self._totals.turns:
                        say(heading(_columns()))
                    self._totals.add(facts)
                    say(turn_line(facts, exchange_facts(traced), self._totals, _columns()))

    def close(self) -> None:
        """Print the turns that finished last, and the totals."""
        self.poll()
        if self._totals.turns:
            say(self._totals.text())


def _columns() -> int | None:
    """Return the width of the terminal on stderr; None where it is none."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or None
    except (OSError, ValueError):
        return None
