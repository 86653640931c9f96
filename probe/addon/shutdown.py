"""Let nothing pass any more once the record is closed: mitmproxy's connections outlive the `done` of its addons."""

from __future__ import annotations

from typing import Any

from mitmproxy import ctx
from mitmproxy.connection import Client


class Ending:
    """The addon that stands before all others, so that it ends all traffic before they end their records."""

    def __init__(self) -> None:
        self._over = False

    def client_connected(self, client: Client) -> None:
        """Refuse whoever comes too late."""
        if self._over:
            client.error = "the proxy is being stopped"

    def done(self) -> None:
        """Take every connection from its event loop: what arrives from now on goes nowhere."""
        self._over = True
        for handler in ctx.master.addons.get("proxyserver").connections.values():
            handler.server_event = _nothing


async def _nothing(_event: Any) -> None:
    """Take the place of what would pass an event on."""
