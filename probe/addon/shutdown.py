"""Stop all traffic before the record is closed: mitmproxy's connections outlive the `done` of its addons."""

from __future__ import annotations

from typing import Any

from mitmproxy import ctx
from mitmproxy.connection import Client


class Ending:
    """Must be the first addon, so that it stops all traffic before the others close their records."""

    def __init__(self) -> None:
        self._over = False

    def client_connected(self, client: Client) -> None:
        """Refuse a client that connects too late."""
        if self._over:
            client.error = "the proxy is being stopped"

    def done(self) -> None:
        """Detach every connection from its events: what arrives from now on is dropped."""
        self._over = True
        for handler in ctx.master.addons.get("proxyserver").connections.values():
            handler.server_event = _nothing


async def _nothing(_event: Any) -> None:
    """Drop an event."""
