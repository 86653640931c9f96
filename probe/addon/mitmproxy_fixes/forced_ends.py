"""Report forced ends as such: mitmproxy reports a reset as the end of an answer without a length, a broken WebSocket
as closed normally, and a time-out as a client that disconnected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mitmproxy import ctx
from mitmproxy.proxy import commands, events, server
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.http import _events, _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp

from probe.addon.mitmproxy_fixes.guard import Replacement, replace

Commands = Iterator[Any]
_ToTheEnd: Any = getattr(_http1, "Http10Reader", object)


def apply() -> bool:
    """Make each forced end a forced end on the other side and in the record."""
    reset = Replacement(_http1.Http1Connection, "read_body", ("self", "event"), _body_end)
    broken = Replacement(websocket.WebsocketLayer, "relay_messages", ("self", "event"), _relay)
    silent = Replacement(server.ConnectionHandler, "on_timeout", ("self",), _timer)
    return all(
        [
            replace("a reset at the end of an answer", [reset], fits=_ToTheEnd is not object),
            replace("the end of a broken WebSocket", [broken]),
            replace("the end after a long silence", [silent]),
        ]
    )


def _body_end(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Report a reset in an answer that ends with its connection: mitmproxy mistakes it for that end."""

    def read_body(self: Any, event: Any) -> Commands:
        if isinstance(event, events.ConnectionClosed) and isinstance(self.body_reader, _ToTheEnd) and _was_reset(self):
            return _reported_reset(self)
        return original(self, event)

    return read_body


def _was_reset(layer: Any) -> bool:
    handler = ctx.master.addons.get("proxyserver").connections.get(layer.context.client.id)
    transports = handler.transports.items() if handler else ()
    readers = [io.reader for connection, io in transports if connection is not layer.context.client]
    return any(reader and isinstance(reader.exception(), ConnectionResetError) for reader in readers)


def _reported_reset(layer: Any) -> Commands:
    yield commands.CloseConnection(layer.conn)
    code = _events.ResponseProtocolError.code
    yield ReceiveHttp(_events.ResponseProtocolError(layer.stream_id, "the upstream reset the connection", code))


def _timer(original: Callable[..., Any]) -> Callable[..., Any]:
    async def on_timeout(self: Any) -> None:
        seconds = self.timeout_watchdog.timeout
        self.client.error = f"no data crossed the connection for {seconds:g} seconds, so the proxy closed it"
        await original(self)

    return on_timeout


def _relay(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Pass on a WebSocket's forced end: mitmproxy would send 1000, a normal close, in its place."""

    def relay_messages(self: Any, event: Any) -> Commands:
        relaying = original(self, event)
        if isinstance(event, events.ConnectionClosed):
            return (command for command in relaying if not isinstance(command, commands.SendData))
        return relaying

    return relay_messages
