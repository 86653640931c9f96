"""Pass on in one piece what arrived together.

mitmproxy reads at most 64 KB at a time, cuts it into HTTP's chunks, and passes each through all of its layers to the
agent's socket. Forty events that arrive together cost forty times as much as one, and do not arrive sooner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

from mitmproxy.connection import Connection
from mitmproxy.proxy.events import Event
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.server import ConnectionHandler

from probe.addon.mitmproxy_fixes.guard import Replacement, replace

_READ = 1 << 20
"""More than asyncio ever buffers for a reader."""


def join_reads() -> None:
    """Make mitmproxy read all that has arrived on a connection at once."""
    replace("the size of reads", [Replacement(ConnectionHandler, "handle_connection", ("self", "connection"), _joined)])


def _joined(handle_connection: Any) -> Any:
    async def handle_joined(self: ConnectionHandler, connection: Connection) -> None:
        reader = self.transports[connection].reader
        if isinstance(reader, asyncio.StreamReader):
            read = reader.read
            reader.read = lambda n=-1: read(_READ)  # type: ignore[method-assign]
        await handle_connection(self, connection)

    return handle_joined


def join_chunks() -> None:
    """Make each read of a body one mitmproxy event, however many chunks it holds; no byte is delayed."""
    reads = Replacement(_http1.Http1Connection, "read_body", ("self", "event"), _in_one)
    replace("the reading of chunks", [reads])


def _in_one(read_body: Any) -> Any:
    def read_joined(self: Any, event: Event) -> Generator[Any, Any, None]:
        commands = read_body(self, event)
        stream_id, data, reply = self.stream_id, [], None
        failure: Exception | None = None
        while True:
            try:
                command = commands.send(reply)
            except StopIteration:
                break
            except Exception as error:
                # Pass on first what was read before the error.
                failure = error
                break
            if isinstance(command, ReceiveHttp) and isinstance(command.event, self.ReceiveData):
                data.append(command.event.data)
                reply = None
                continue
            if data:
                yield ReceiveHttp(self.ReceiveData(stream_id, b"".join(data)))
                data = []
            reply = yield command
        if data:
            yield ReceiveHttp(self.ReceiveData(stream_id, b"".join(data)))
        if failure:
            raise failure

    return read_joined
