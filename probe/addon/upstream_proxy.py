"""Upstream proxies: their address in mitmproxy's form, and the CONNECT that they need."""

from __future__ import annotations

import base64
from typing import Literal
from urllib.parse import unquote, urlsplit

from mitmproxy.http import Request
from mitmproxy.net.server_spec import ServerSpec


def server_spec(url: str) -> ServerSpec:
    """Return a proxy's URL in mitmproxy's form."""
    parts = urlsplit(url)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return scheme, (parts.hostname or "", parts.port or (443 if scheme == "https" else 80))


def complete_connect(request: Request, url: str | None) -> None:
    """Add credentials and IPv6 brackets to the CONNECT that mitmproxy sends to an upstream proxy."""
    proxy = urlsplit(url or "")
    if proxy.username is not None:
        credential = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        request.headers["Proxy-Authorization"] = "Basic " + base64.b64encode(credential.encode()).decode()
    if ":" in request.host:
        request.authority = request.headers["Host"] = f"[{request.host}]:{request.port}"
