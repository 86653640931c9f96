"""IPv6 upstreams: mitmproxy sends their Host header without brackets, which is invalid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mitmproxy.net.http import url

from probe.addon.mitmproxy_fixes.guard import Replacement, replace


def apply() -> bool:
    """Write IPv6 addresses in brackets."""
    return replace(
        "the Host of an IPv6 upstream", [Replacement(url, "hostport", ("scheme", "host", "port"), _bracketing)]
    )


def _bracketing(original: Callable[..., Any]) -> Callable[..., Any]:
    def hostport(scheme: Any, host: Any, port: int) -> Any:
        if isinstance(host, str):
            return original(scheme, bracketed(host), port)
        return original(scheme, bracketed(host.decode("latin-1")).encode("latin-1"), port)

    return hostport


def bracketed(host: str) -> str:
    """Return a host as URLs and Host headers spell it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
