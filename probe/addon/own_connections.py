"""Refuse connections of the proxies to themselves, which would loop without end.

A listener's address has many spellings (127.1, 0.0.0.0, a host name, a LAN address), so the two ends of the connection
are compared with those of the proxies' own. Both count: an agent's connection to a listener may have the source port of
one of ours to another port of this machine, since the kernel gives a port out once for each destination.
"""

from __future__ import annotations

from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from probe.addon.mitmproxy_fixes.refusals import refuse

_WHY = "the request came from the proxies themselves: its address is one of their own listeners"
_MAPPED = "::ffff:"
_Address = tuple[str, int] | tuple[str, int, int, int]
_Ends = tuple[tuple[str, int], tuple[str, int]]
"""Address and port of who connected, and of whom it connected to."""


class OwnConnections:
    """Hooks of mitmproxy; must be the first addon."""

    def __init__(self) -> None:
        self._ends: set[_Ends] = set()

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Add a connection of the proxies."""
        if ends := _ends(data.server.sockname, data.server.peername):
            self._ends.add(ends)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """Remove a connection of the proxies."""
        if ends := _ends(data.server.sockname, data.server.peername):
            self._ends.discard(ends)

    def http_connect(self, flow: HTTPFlow) -> None:
        """Refuse a tunnel from the proxies to themselves."""
        if self._has(flow.client_conn):
            flow.response = Response.make(502, f"refused: {_WHY}")

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Refuse a request from the proxies themselves."""
        if self._has(flow.client_conn):
            refuse(flow, _WHY)

    def _has(self, client: Client) -> bool:
        return _ends(client.peername, client.sockname) in self._ends


def _ends(source: _Address | None, destination: _Address | None) -> _Ends | None:
    """Return both ends of a connection; None where one is not known."""
    return (_plain(source), _plain(destination)) if source and destination else None


def _plain(name: _Address) -> tuple[str, int]:
    return name[0].removeprefix(_MAPPED), name[1]
