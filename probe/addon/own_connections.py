"""Refuse connections of the proxies to themselves, which would loop without end.

A listener's address has many spellings (127.1, 0.0.0.0, a host name, a LAN address), so instead of the destination the
source is checked: whether it is one of the proxies' own sockets.
"""

from __future__ import annotations

from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from probe.addon.mitmproxy_fixes.refusals import refuse

_WHY = "the request came from the proxies themselves: its address is one of their own listeners"
_MAPPED = "::ffff:"


class OwnConnections:
    """Hooks of mitmproxy; must be the first addon."""

    def __init__(self) -> None:
        self._sockets: set[tuple[str, int]] = set()

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Add a socket of the proxies."""
        if data.server.sockname:
            self._sockets.add(_address(data.server.sockname))

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """Remove a socket of the proxies."""
        if data.server.sockname:
            self._sockets.discard(_address(data.server.sockname))

    def http_connect(self, flow: HTTPFlow) -> None:
        """Refuse a tunnel from the proxies to themselves."""
        if self._has(flow.client_conn):
            flow.response = Response.make(502, f"refused: {_WHY}")

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Refuse a request from the proxies themselves."""
        if self._has(flow.client_conn):
            refuse(flow, _WHY)

    def _has(self, client: Client) -> bool:
        return _address(client.peername) in self._sockets


def _address(name: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    return name[0].removeprefix(_MAPPED), name[1]
