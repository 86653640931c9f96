"""The two ways to lead an agent to its listeners, and their effect on targets and settings."""

from __future__ import annotations

from dataclasses import dataclass

WATCHED = ("HTTPS_PROXY", "https_proxy")
_ALL_PROXY = ("ALL_PROXY", "all_proxy")


@dataclass(frozen=True, kw_only=True)
class Mode:
    """The effects of a target's mode on its file and a run's settings; `probe.wire.modes` has its behaviour."""

    name: str
    listeners_have_urls: bool
    """Whether each listener has its own address for one upstream, which the target must name."""
    shares_port: bool
    """Whether all listeners are behind one port."""
    opens_tls: bool
    """Whether the agent must trust agent-probe's certificate authority."""
    sees_all: bool
    """Whether all of the agent's connections go to the listeners, so that none can bypass them unseen."""
    led_by: tuple[str, ...]
    """Proxy variables that lead the agent to the coverage listener."""
    inherited_proxies: tuple[str, ...]
    """The user's variables that name a proxy for the listeners' connections to upstreams."""


REVERSE = Mode(
    name="reverse",
    listeners_have_urls=True,
    shares_port=False,
    opens_tls=False,
    sees_all=False,
    # Not HTTP_PROXY or ALL_PROXY: they would also redirect requests to the listeners.
    led_by=WATCHED,
    inherited_proxies=WATCHED,
)
FORWARD = Mode(
    name="forward",
    listeners_have_urls=False,
    shares_port=True,
    opens_tls=True,
    sees_all=True,
    # Plain http to a named host is recorded as well.
    led_by=(*WATCHED, "HTTP_PROXY", "http_proxy"),
    # Without agent-probe, the agent would use one of these for everything.
    inherited_proxies=(*WATCHED, *_ALL_PROXY),
)
MODES = {mode.name: mode for mode in (REVERSE, FORWARD)}
