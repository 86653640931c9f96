"""The fixes of bugs: what every mitmproxy needs that runs the addon, one that a user started by hand too."""

from __future__ import annotations

from probe.addon.mitmproxy_fixes import forced_ends, interim_answers, ipv6_host, trailers


def apply() -> None:
    """Put each fix in whose code is the known one; the log names the others."""
    for fix in (trailers, interim_answers, forced_ends, ipv6_host):
        fix.apply()
