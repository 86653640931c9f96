"""Interim answers (103 and the like): mitmproxy mistakes one for the final answer, and the client hangs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import http
from mitmproxy.connection import Connection
from mitmproxy.net.http import http1, validate
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import _events, _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp

from probe.addon.mitmproxy_fixes.guard import Replacement, replace

Commands = Iterator[Any]
_interim: WeakKeyDictionary[Connection, list[tuple[float, http.Response]]] = WeakKeyDictionary()
"""Interim answers that arrived on a connection to an upstream, until they are consumed."""


def apply() -> bool:
    """Make mitmproxy pass interim answers on, and the final one after them."""
    reads = Replacement(_http1.Http1Client, "read_headers", ("self", "event"), _head_reader)
    return replace("the reading of interim answers", [reads])


def take_interim(connection: Connection) -> list[tuple[float, http.Response]]:
    """Return the interim answers (1xx) that arrived since the last call, each with its time."""
    return _interim.pop(connection, [])


def _head_reader(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Pass interim answers on and keep waiting for the final one."""

    def read_headers(self: Any, event: Any) -> Commands:
        reading = original(self, event)
        for command in reading:
            received = command.event if isinstance(command, ReceiveHttp) else None
            if isinstance(received, _events.ResponseHeaders) and _is_interim(received.response):
                # The reader would end the exchange next.
                reading.close()  # type: ignore[attr-defined]
                self.response = None
                yield from _passed_on(self, received.response)
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
