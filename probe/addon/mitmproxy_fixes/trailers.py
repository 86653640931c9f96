"""Trailers: mitmproxy's HTTP/1.1 reader crashes on them, and the client hangs; its writer omits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from mitmproxy import http
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import _events, _http1

from probe.addon.mitmproxy_fixes.guard import Replacement, replace

Commands = Iterator[Any]

_UNABLE = "HTTP trailers are not implemented yet."
"""The reader's error; a reader without it supports trailers."""
# Checked on import: others may wrap the reader before this fix is installed.
_IS_UNABLE = _UNABLE in _http1.Http1Connection.read_body.__code__.co_consts
_LAST_CHUNK = b"0\r\n\r\n"
# As mitmproxy's module imported it, so that no further package is needed.
_h11: Any = getattr(_http1, "h11", None)
_Reader: Any = getattr(_http1, "ChunkedReader", object)


def apply() -> bool:
    """Make mitmproxy read trailers, keep them with their message, and send them on."""
    sends = [Replacement(side, "send", ("self", "event"), _sender) for side in (_http1.Http1Client, _http1.Http1Server)]
    maker = Replacement(_http1, "make_body_reader", ("expected_size",), _reader_maker)
    reader = Replacement(_http1.Http1Connection, "body_reader", None, _body_reader)
    return replace("the reading of trailers", [maker, reader, *sends], fits=_IS_UNABLE and _h11 is not None)


class _Chunks(_Reader):  # type: ignore[misc]
    """A body reader that stores trailers in their message; the surrounding code would crash on them."""

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
    """Return a property of connections that sets the message of its reader."""

    def change(connection: Any, reader: Any) -> None:
        if isinstance(reader, _Chunks):
            is_request = isinstance(connection, _http1.Http1Server)
            reader.message = connection.request if is_request else connection.response
        connection.probe_reader = reader

    return property(attrgetter("probe_reader"), change)


def _sender(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Send trailers with the last chunk; an unchunked message cannot have them."""

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
