"""Recognize requests to a listener that a foreign web page sent from the user's browser, not the agent.

A page may request any port of this machine, and a name server may resolve any name to it (DNS rebinding). Agents that
are browsers themselves have other kinds of origins (`null`, `vscode-file://`), which are accepted.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mitmproxy.http import Headers  # Here: `capture` uses `is_this_machine` and must not load mitmproxy.

_HINT = "to allow it, add its host to the target's allow_hosts"
_LONGEST = 200


def refusal(headers: Headers, asked: str | None, upstream: str, allowed: Sequence[str]) -> str | None:
    """Return why a request is refused; None if it is accepted.

    `asked` is the Host as the client sent it; `upstream` is the host behind the listener, a name that no page can use.
    """
    # A browser that follows a link or loads an image sends no Origin, but marks the request as cross-site.
    origins = headers.get_all("origin")
    if not origins and "cross-site" in headers.get_all("sec-fetch-site"):
        return f"a foreign web page called the listener (Sec-Fetch-Site: cross-site); {_HINT}"
    for origin in origins:
        if origin.lower().startswith(("http://", "https://")) and not _passes(origin, allowed):
            return f"a foreign web page called the listener (Origin: {origin[:_LONGEST]}); {_HINT}"
    if asked and not _passes(f"//{asked}", [*allowed, upstream]):
        return f"the Host header does not name the listener (Host: {asked[:_LONGEST]}); {_HINT}"
    return None


def _passes(url: str, allowed: Iterable[str]) -> bool:
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    return is_this_machine(host) or any(fnmatchcase(host, one.lower()) for one in allowed)


def is_this_machine(host: str) -> bool:
    """Check whether a host is this machine, however it is spelled, without asking a name server."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with contextlib.suppress(OSError):
        # 127.1, 0x7f000001 and the like, which Python's address class does not parse.
        host = socket.inet_ntoa(socket.inet_aton(host))
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or address.is_unspecified
    return False
