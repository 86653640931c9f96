"""Find out who ended an exchange early, by the error in its record."""

from __future__ import annotations

import re

from probe.record.exchange import Exchange

# The texts of `probe.addon.end_reasons`, repeated here because that module imports mitmproxy.
_BY_AGENT = re.compile(
    "the agent (disconnected|ended) |the agent's request was cut short: "
    "|a breach of the WebSocket protocol by the agent |the answer came before the request's end"
)


class FaultedEnds:
    """The early ends that `--fault` asked for: as many as there were calls of a replay that a fault hit."""

    def __init__(self, hits: int) -> None:
        self._left = hits
        self.count = 0
        """How many exchanges these faults cut short."""

    def take(self) -> bool:
        """Check whether an early end is one of these, and count it."""
        taken = self._left > self.count
        self.count += taken
        return taken


def left_by_agent(exchange: Exchange) -> bool:
    """Check whether the agent itself ended an exchange early, which is not a fault of upstream or proxy."""
    return bool(_BY_AGENT.match(exchange.error or ""))
