"""Connections of the proxies to themselves, by whatever address: passed on, they would go round without end.

What the address of a listener may be called (127.1, 0.0.0.0, a host name, a LAN address) is not looked up: where a
connection comes from is one of our own sockets, the kernel says so.
"""

from __future__ import annotations

from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from probe.addon.mitmproxy_fixes.refusals import refuse

_WHY = "the request came from the proxies themselves: its address is one of their own listeners"
_MAPPED = "::ffff:"


class OwnConnections:
    """Hooks of mitmproxy; it is the first of all addons."""

    def __init__(self) -> None:
        self._sockets: set[tuple[str, int]] = set()

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Note a socket of ours."""
        if data.server.sockname:
            self._sockets.add(_address(data.server.sockname))

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """Forget it."""
        if data.server.sockname:
            self._sockets.discard(_address(data.server.sockname))

    def http_connect(self, flow: HTTPFlow) -> None:
        """Refuse a tunnel that would begin here and end here."""
        if self._has(flow.client_conn):
            flow.response = Response.make(502, f"refused: {_WHY}")

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Refuse a request of ours."""
        if self._has(flow.client_conn):
            refuse(flow, _WHY)

    def _has(self, client: Client) -> bool:
        return _address(client.peername) in self._sockets


def _address(name: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    return name[0].removeprefix(_MAPPED), name[1]
