"""Who ended an exchange early, by the cause that its record names."""

from __future__ import annotations

import re

from probe.record.exchange import Exchange

# The words are those of `probe.addon.end_reasons`, which imports mitmproxy.
_BY_AGENT = re.compile(
    "the agent (disconnected|ended) |the agent's request was cut short: "
    "|a breach of the WebSocket protocol by the agent |the answer came before the request's end"
)


def left_by_agent(exchange: Exchange) -> bool:
    """Check whether the agent itself walked away from an exchange, which is no fault of upstream or proxy."""
    return bool(_BY_AGENT.match(exchange.error or ""))
