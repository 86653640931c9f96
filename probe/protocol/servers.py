"""Name the servers of endpoints: the recorded upstreams, or a variable where that was this machine."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from probe.protocol.description import Endpoint

UNKNOWN = "https://example.com"
"""In the place of an upstream that nobody else can reach."""


def public_origin(origin: str) -> str | None:
    """Return scheme and host of an upstream without credentials; None for one on this machine, and for none."""
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or host == "localhost" or host.endswith(".localhost") or _is_local(host):
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def _is_local(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def origins(endpoints: Iterable[Endpoint]) -> list[str]:
    """Return the upstreams of endpoints."""
    return sorted({origin for endpoint in endpoints for origin in endpoint.origins}) or [UNKNOWN]


def openapi_servers(endpoints: Iterable[Endpoint]) -> list[dict[str, Any]]:
    """Return the servers of endpoints; their address is a variable."""
    return [{"url": "{baseUrl}", "variables": {"baseUrl": _variable(origin, origin)}} for origin in origins(endpoints)]


def asyncapi_server(origin: str) -> dict[str, Any]:
    """Return a server of WebSockets; its host is a variable."""
    scheme, _, host = origin.partition("://")
    protocol = "ws" if scheme in ("http", "ws") else "wss"
    return {"host": "{host}", "protocol": protocol, "variables": {"host": _variable(host, origin)}}


def _variable(default: str, origin: str) -> dict[str, str]:
    known = "the upstream that was recorded" if origin != UNKNOWN else "the recorded upstream was on its own machine"
    return {"default": default, "description": f"Where the API is: {known}."}
