"""The two ways in which an agent is led to its listeners, and what follows from each before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

WATCHED = ("HTTPS_PROXY", "https_proxy")
_ALL_PROXY = ("ALL_PROXY", "all_proxy")


@dataclass(frozen=True, kw_only=True)
class Mode:
    """What a target's mode means for its file and for the settings of a run; `probe.wire.modes` has what it does."""

    name: str
    listeners_have_urls: bool
    """Whether each listener has an address of its own, which stands for one upstream that must be named."""
    shares_port: bool
    """Whether all listeners are behind one port."""
    opens_tls: bool
    """Whether the agent must trust our certificate authority."""
    sees_all: bool
    """Whether all that the agent sends comes to the listeners, so that nothing can bypass them unseen."""
    led_by: tuple[str, ...]
    """Variables that lead the agent to the listener that sees what the others do not."""
    inherited_proxies: tuple[str, ...]
    """The user's own variables that name a proxy for what the listeners send on."""


REVERSE = Mode(
    name="reverse",
    listeners_have_urls=True,
    shares_port=False,
    opens_tls=False,
    sees_all=False,
    # Not HTTP_PROXY or ALL_PROXY: what would then be sent here as well is what the listeners are for.
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
    # Alone, the agent would send all through one of these.
    inherited_proxies=(*WATCHED, *_ALL_PROXY),
)
MODES = {mode.name: mode for mode in (REVERSE, FORWARD)}
