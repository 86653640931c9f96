"""The time-out of silent connections: a constant of ten minutes in mitmproxy 11 and early 12, an option since."""

from __future__ import annotations

from mitmproxy import options
from mitmproxy.proxy import server

SECONDS_OF_SILENCE = 3600
"""Models may think long without sending a byte; the agent's own time-out decides."""


def time_out(seconds: float) -> dict[str, float]:
    """Return the options that set the time-out; set the constant where there is no option."""
    if "tcp_timeout" in options.Options():
        return {"tcp_timeout": seconds}
    if hasattr(server, "TCP_TIMEOUT"):
        setattr(server, "TCP_TIMEOUT", seconds)  # noqa: B010 - newer versions have no such name
    return {}
