"""Mending what mitmproxy 11 and 12 make of the rarer parts of HTTP/1.1 and WebSocket.

As they are, a message with trailers crashes the reader, and an interim answer (103) counts as the final one: both times
the client hangs. An IPv6 upstream gets an invalid Host. What ends by force is told, or passed on, as something else: a
time-out as a client that left, a reset as the end of an answer without a length, a WebSocket that broke off as closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import ctx, http, version
from mitmproxy.connection import Connection
from mitmproxy.net.http import http1, url, validate
from mitmproxy.proxy import commands, events, server
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.http import _events, _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp

logger = logging.getLogger(__name__)

Commands = Iterator[Any]

_KNOWN = ("11.", "12.")
"""Versions whose code these patches were made for."""
_UNABLE = "HTTP trailers are not implemented yet."
"""What the reader says as it crashes; one that says something else has learned to read trailers."""
# Looked for now: others may wrap the reader before these patches are put in.
_IS_UNABLE = _UNABLE in _http1.Http1Connection.read_body.__code__.co_consts
_LAST_CHUNK = b"0\r\n\r\n"
# What the module itself has imported; nothing else has to be installed beside mitmproxy.
_h11: Any = getattr(_http1, "h11", None)
_Reader: Any = getattr(_http1, "ChunkedReader", object)
_ToTheEnd: Any = getattr(_http1, "Http10Reader", object)
_patched: list[str] = []
_interim: WeakKeyDictionary[Connection, list[tuple[float, http.Response]]] = WeakKeyDictionary()
"""Interim answers that a connection to an upstream brought, until they are taken."""


def apply() -> None:
    """Put the patches in, once; code that is not the known one is left alone, and the log says so."""
    if _patched:
        return
    if not version.VERSION.startswith(_KNOWN) or not _IS_UNABLE:
        logger.warning("mitmproxy %s is not known here and left alone; see %s", version.VERSION, __name__)
        return
    _patched.append(version.VERSION)
    patches: list[tuple[Any, str, Callable[[Any], Any]]] = [
        (_http1, "make_body_reader", _reader_maker),
        (_http1.Http1Connection, "body_reader", _body_reader),
        (_http1.Http1Connection, "read_body", _body_end),
        (_http1.Http1Client, "read_headers", _head_reader),
        (_http1.Http1Client, "send", _sender),
        (_http1.Http1Server, "send", _sender),
        (websocket.WebsocketLayer, "relay_messages", _relay),
        (server.ConnectionHandler, "on_timeout", _timer),
        (url, "hostport", _bracketing),
    ]
    for owner, name, patch in patches:
        setattr(owner, name, patch(getattr(owner, name, None)))


def take_interim(connection: Connection) -> list[tuple[float, http.Response]]:
    """Give the interim answers (1xx) that came since the last call, each with its time."""
    return _interim.pop(connection, [])


# -- trailers ---------------------------------------------------------------------------------------------------


class _Chunks(_Reader):  # type: ignore[misc]
    """Gives trailers to their message; the code around it would crash on them."""

    message: http.Message

    def __call__(self, buffer: Any) -> Any:
        event = super().__call__(buffer)
        if isinstance(event, _h11.EndOfMessage) and event.headers:
            self.message.trailers = http.Headers(event.headers.raw_items())
            return _h11.EndOfMessage()
        return event


def _reader_maker(original: Callable[..., Any]) -> Callable[..., Any]:
    def make_body_reader(expected_size: int | None) -> Any:
        return _Chunks() if expected_size is None else original(expected_size)

    return make_body_reader


def _body_reader(_: None) -> property:
    """Make a connection's attribute that tells a reader which message it reads."""

    def change(connection: Any, reader: Any) -> None:
        if isinstance(reader, _Chunks):
            asked = isinstance(connection, _http1.Http1Server)
            reader.message = connection.request if asked else connection.response
        connection.probe_reader = reader

    return property(attrgetter("probe_reader"), change)


def _sender(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Send trailers with the last chunk; a message that is not sent in chunks has no place for them."""

    def send(self: Any, event: Any) -> Commands:
        if isinstance(event, _events.RequestTrailers | _events.ResponseTrailers):
            self.probe_trailers = event.trailers
            return iter(())
        if isinstance(event, _events.RequestEndOfMessage | _events.ResponseEndOfMessage):
            trailers, self.probe_trailers = getattr(self, "probe_trailers", None), None
            if trailers:
                return _with_trailers(original(self, event), trailers)
        return original(self, event)

    return send


def _with_trailers(sending: Commands, trailers: http.Headers) -> Commands:
    for command in sending:
        if isinstance(command, commands.SendData) and command.data == _LAST_CHUNK:
            command.data = b"0\r\n%s\r\n" % bytes(trailers)
        yield command


# -- interim answers --------------------------------------------------------------------------------------------


def _head_reader(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Pass interim answers on and go on waiting for the final one."""

    def read_headers(self: Any, event: Any) -> Commands:
        reading = original(self, event)
        for command in reading:
            told = command.event if isinstance(command, ReceiveHttp) else None
            if isinstance(told, _events.ResponseHeaders) and _is_interim(told.response):
                # What would follow is the end of the exchange.
                reading.close()  # type: ignore[attr-defined]
                self.response = None
                yield from _passed_on(self, told.response)
                if self.buf:
                    yield from self.read_headers(event)
                return
            yield command

    return read_headers


def _is_interim(response: http.Response) -> bool:
    return 100 <= response.status_code < 200 and response.status_code != 101


def _passed_on(layer: Any, response: http.Response) -> Commands:
    _interim.setdefault(layer.conn, []).append((time.time(), response))
    try:
        validate.validate_headers(response)
    except ValueError as error:
        yield commands.Log(f"an interim answer was not passed on: {error}", logging.WARNING)
        return
    if layer.request.is_http11:
        yield commands.SendData(layer.context.client, http1.assemble_response_head(response))


# -- ends by force, and IPv6 ------------------------------------------------------------------------------------


def _body_end(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Tell of a reset in an answer whose only end is the connection's: mitmproxy takes it for that end."""

    def read_body(self: Any, event: Any) -> Commands:
        if isinstance(event, events.ConnectionClosed) and isinstance(self.body_reader, _ToTheEnd) and _was_reset(self):
            return _told_reset(self)
        return original(self, event)

    return read_body


def _was_reset(layer: Any) -> bool:
    handler = ctx.master.addons.get("proxyserver").connections.get(layer.context.client.id)
    transports = handler.transports.items() if handler else ()
    readers = [io.reader for connection, io in transports if connection is not layer.context.client]
    return any(reader and isinstance(reader.exception(), ConnectionResetError) for reader in readers)


def _told_reset(layer: Any) -> Commands:
    yield commands.CloseConnection(layer.conn)
    code = _events.ResponseProtocolError.code
    yield ReceiveHttp(_events.ResponseProtocolError(layer.stream_id, "the upstream reset the connection", code))


def _timer(original: Callable[..., Any]) -> Callable[..., Any]:
    async def on_timeout(self: Any) -> None:
        seconds = self.timeout_watchdog.timeout
        self.client.error = f"not a byte crossed the connection for {seconds:g} seconds, so the proxy ended it"
        await original(self)

    return on_timeout


def _relay(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Pass a WebSocket's end by force on as one: mitmproxy would send 1000, a normal close, in its name."""

    def relay_messages(self: Any, event: Any) -> Commands:
        relaying = original(self, event)
        if isinstance(event, events.ConnectionClosed):
            return (command for command in relaying if not isinstance(command, commands.SendData))
        return relaying

    return relay_messages


def _bracketing(original: Callable[..., Any]) -> Callable[..., Any]:
    def hostport(scheme: Any, host: Any, port: int) -> Any:
        if isinstance(host, str):
            return original(scheme, bracketed(host), port)
        return original(scheme, bracketed(host.decode("latin-1")).encode("latin-1"), port)

    return hostport


def bracketed(host: str) -> str:
    """Give a host as it stands in a URL or a Host header: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
