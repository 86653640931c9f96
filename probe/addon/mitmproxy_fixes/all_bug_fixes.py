"""The bug fixes that every mitmproxy needs for the addon, including one started by hand."""

from __future__ import annotations

from probe.addon.mitmproxy_fixes import forced_ends, interim_answers, ipv6_host, trailers


def apply() -> None:
    """Install each fix whose target code is known; log the others."""
    for fix in (trailers, interim_answers, forced_ends, ipv6_host):
        fix.apply()
