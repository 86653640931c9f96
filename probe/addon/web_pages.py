"""Which requests to a listener come from a web page of elsewhere: the user's browser sends them, not the agent.

A page may ask any port of this machine, and a name server may call this machine by any name (DNS rebinding). Agents
that are browsers themselves have origins of their own kind (`null`, `vscode-file://`): these are no pages of elsewhere.
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
    # Scripts that run without mitmproxy, to report that it is missing, import this module too.
    from mitmproxy.http import Headers

_SWITCH = "if it shall be served, name its host in the target's allow_hosts"
_LONGEST = 200


def refusal(headers: Headers, asked: str | None, upstream: str, allowed: Sequence[str]) -> str | None:
    """Return why a request is refused; None where it may pass.

    `asked` is the Host as the client sent it; `upstream` is the host behind the listener, whose name no page can take.
    """
    # A browser that follows a link or loads an image sends no Origin, but says that the page is of elsewhere.
    origins = headers.get_all("origin")
    if not origins and "cross-site" in headers.get_all("sec-fetch-site"):
        return f"a web page of elsewhere asked the listener (Sec-Fetch-Site: cross-site); {_SWITCH}"
    for origin in origins:
        if origin.lower().startswith(("http://", "https://")) and not _passes(origin, allowed):
            return f"a web page of elsewhere asked the listener (Origin: {origin[:_LONGEST]}); {_SWITCH}"
    if asked and not _passes(f"//{asked}", [*allowed, upstream]):
        return f"the listener was asked by a name that is not its own (Host: {asked[:_LONGEST]}); {_SWITCH}"
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
        # 127.1, 0x7f000001 and the like, which Python's own class for addresses does not read.
        host = socket.inet_ntoa(socket.inet_aton(host))
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or address.is_unspecified
    return False
