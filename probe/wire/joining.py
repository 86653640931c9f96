"""Passing on what arrived together in one piece.

mitmproxy cuts what it reads from a connection into HTTP's chunks and takes each through all of its layers, to the
agent's socket. Forty events that arrive in one read cost forty times as much as one, and are no sooner there.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from mitmproxy.proxy.events import Event
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp


def join_chunks() -> None:
    """Let a read of a body be one event of mitmproxy's, however many chunks it holds; no byte waits for the next."""
    read_body = _http1.Http1Connection.read_body

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
                # What was read before it has arrived all the same.
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

    _http1.Http1Connection.read_body = read_joined  # type: ignore[method-assign]
