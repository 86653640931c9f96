"""The pass-through listener: notes which hosts an agent reaches without the other listeners, and decrypts nothing.

The agent gets it as HTTPS_PROXY. A tunnel's bytes are passed on unchanged and counted; host, port and times are
noted. When one side has closed its half of a tunnel, mitmproxy ends the other half too.
"""

from __future__ import annotations

import copy
import logging
import time
from dataclasses import dataclass
from typing import Any

from mitmproxy import ctx
from mitmproxy.connection import Client
from mitmproxy.exceptions import AddonHalt
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.options import Options
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.layers import HttpLayer, TCPLayer, modes
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream
from mitmproxy.proxy.layers.http._upstream_proxy import HttpUpstreamProxy
from mitmproxy.tcp import TCPFlow

from probe.addon.config import Config
from probe.addon.connect_errors import in_words
from probe.addon.mitmproxy_fixes.refusals import refused
from probe.addon.redaction.redactor import Redactor
from probe.addon.upstream_proxy import complete_connect, server_spec
from probe.addon.writer import Writer

logger = logging.getLogger(__name__)

SCHEMA = 1
_LONGEST_HOST = 255
"""The limit of a DNS name; an agent may send a longer one."""


@dataclass(kw_only=True, slots=True)
class Passage:
    """A tunnel, or a plain request, while it runs."""

    kind: str
    """tunnel (a CONNECT), request (plain http), or opened (see `probe.addon.forward`)."""
    host: str
    port: int
    started: float
    connected: bool = False
    sent: int = 0
    """Bytes from the agent: all within a tunnel, the body of a plain request."""
    received: int = 0

    def up(self, data: bytes) -> bytes:
        """Count bytes from the agent and pass them on."""
        self.sent += len(data)
        return data

    def down(self, data: bytes) -> bytes:
        """Count bytes from the other side and pass them on."""
        self.received += len(data)
        return data


class Coverage:
    """Hooks of mitmproxy for the one listener that is a forward proxy; it comes before all other addons."""

    def __init__(self, config: Config, redactor: Redactor) -> None:
        self.seen = 0
        """How many tunnels and plain requests there were."""
        self._port = config.coverage_port
        self._proxy = config.coverage_upstream_proxy
        self._path = config.output_dir / "tunnels.jsonl"
        self._redactor = redactor
        self._writer: Writer | None = None
        self._open: dict[str, Passage] = {}
        """By the id of the client's connection for a tunnel, of the flow for a plain request."""
        self._own_options: Options | None = None

    def counts(self) -> dict[str, Any]:
        """Return the counts that the run needs at its end."""
        return {"tunnels": self.seen}

    def next_layer(self, data: NextLayer) -> None:
        """Set the layers of this listener's connections: a forward proxy, and bare TCP in each tunnel."""
        context = data.context
        if not self._is_own(context.client):
            return
        if isinstance(context.layers[-1], HttpStream):
            data.layer = TCPLayer(context)
        elif isinstance(context.layers[-1], modes.HttpProxy):
            context.options = self._options()
            data.layer = HttpLayer(context, HTTPMode.regular)
            if self._proxy:
                # Around the HTTP layer, so that a CONNECT is answered when the upstream proxy has answered its own.
                context.server.via = server_spec(self._proxy)
                stack = HttpUpstreamProxy.make(context, send_connect=True)
                stack /= HttpLayer(context, HTTPMode.regular)
                data.layer = stack[0]

    def _options(self) -> Options:
        """Return a copy of mitmproxy's options with the changes for this listener alone."""
        if self._own_options is None:
            self._own_options = copy.copy(ctx.options)
            # Eager: a host that cannot be reached is a 502, as with other proxies, not a tunnel that breaks.
            # A WebSocket over plain http is passed on as bytes too: mitmproxy would keep its messages.
            self._own_options.update(connection_strategy="eager", websocket=False)
        return self._own_options

    # -- tunnels ------------------------------------------------------------------------------------------

    def http_connect(self, flow: HTTPFlow) -> None:
        """Begin a tunnel."""
        if self._is_own(flow.client_conn):
            self._begin(flow.client_conn.id, "tunnel", flow.request.host, flow.request.port)

    def http_connect_upstream(self, flow: HTTPFlow) -> None:
        """Sign in to the upstream proxy."""
        if self._is_own(flow.client_conn):
            complete_connect(flow.request, self._proxy)

    def http_connected(self, flow: HTTPFlow) -> None:
        """Record that the other side was reached."""
        if passage := self._open.get(flow.client_conn.id):
            passage.connected = True

    def http_connect_error(self, flow: HTTPFlow) -> None:
        """End a tunnel that could not be opened, and send the agent the reason."""
        passage = self._open.get(flow.client_conn.id)
        if passage and flow.response:
            # The advice on mitmproxy's options that follows is useless to the agent.
            reason = in_words((flow.response.text or "").partition(": ")[2].partition(" If you plan to")[0])
            # mitmproxy cannot handle a second CONNECT on the same connection.
            flow.response = Response.make(502, f"{passage.host}: {reason}", {"Connection": "close"})
            self._end(flow.client_conn.id, f"it could not be reached: {reason}")

    def tcp_start(self, flow: TCPFlow) -> None:
        """Begin a tunnel that a plain request was upgraded to; a CONNECT's tunnel has begun already."""
        if self._is_own(flow.client_conn) and flow.client_conn.id not in self._open and flow.server_conn.address:
            self._begin(flow.client_conn.id, "tunnel", *flow.server_conn.address[:2]).connected = True

    def tcp_message(self, flow: TCPFlow) -> None:
        """Count bytes and drop them: mitmproxy would keep them all in memory."""
        if passage := self._open.get(flow.client_conn.id):
            message = flow.messages[-1]
            (passage.up if message.from_client else passage.down)(message.content)
            flow.messages.clear()

    def tcp_end(self, flow: TCPFlow) -> None:
        """End a tunnel that one side closed."""
        self._end(flow.client_conn.id, None)

    def tcp_error(self, flow: TCPFlow) -> None:
        """End a tunnel that broke."""
        self._end(flow.client_conn.id, flow.error.msg if flow.error else "the connection ended")

    def client_disconnected(self, client: Client) -> None:
        """End a tunnel that was not used."""
        passage = self._open.get(client.id)
        self._end(client.id, None if passage and passage.connected else "the agent left before it was reached")

    # -- plain requests -----------------------------------------------------------------------------------

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Begin a plain request, which is not recorded."""
        if self._is_own(flow.client_conn):
            passage = self._begin(flow.id, "request", flow.request.host, flow.request.port)
            if not refused(flow):
                flow.request.stream = passage.up
            raise AddonHalt

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Count the answer's body as it passes."""
        passage = self._open.get(flow.id)
        if passage and flow.response:
            passage.connected = True
            if flow.response.status_code != 101:
                flow.response.stream = passage.down

    def response(self, flow: HTTPFlow) -> None:
        """End a plain request."""
        self._end(flow.id, None)

    def error(self, flow: HTTPFlow) -> None:
        """End a plain request that was cut short."""
        if passage := self._open.get(flow.id):
            reason = in_words(flow.error.msg if flow.error else "the connection ended")
            self._end(flow.id, reason if passage.connected else f"it could not be reached: {reason}")

    # -- notes --------------------------------------------------------------------------------------------

    def done(self) -> None:
        """End what still runs."""
        for name in list(self._open):
            self._end(name, "it was open when the proxies stopped")
        if self._writer:
            self._writer.close()
            self._writer = None

    def _is_own(self, client: Client) -> bool:
        return bool(client.sockname[1] == self._port)

    def _begin(self, name: str, kind: str, host: str, port: int) -> Passage:
        self.seen += 1
        # An agent may name anything as a host, its key too.
        shown = self._redactor.text(host)[:_LONGEST_HOST]
        passage = self._open[name] = Passage(kind=kind, host=shown, port=port, started=time.time())
        return passage

    def _forget(self, name: str) -> Passage | None:
        """Remove and return a passage that the recorder records instead."""
        passage = self._open.pop(name, None)
        self.seen -= passage is not None
        return passage

    def _end(self, name: str, error: str | None) -> None:
        """Write a line, once, whichever hook comes first."""
        passage = self._open.pop(name, None)
        if passage is None:
            return
        line: dict[str, Any] = {
            "schema": SCHEMA,
            "kind": passage.kind,
            "host": passage.host,
            "port": passage.port,
            "started": passage.started,
            "ended": time.time(),
            "sent": passage.sent,
            "received": passage.received,
            "connected": passage.connected,
            "error": self._redactor.text(error) if error else None,
        }
        try:
            # Only a run in which something bypassed the listeners has the file.
            self._writer = self._writer or Writer(self._path)
            self._writer.append(line)
        except OSError as problem:
            # The agent's traffic continues without the note; the counts show the loss.
            logger.error("a tunnel could not be noted: %s", problem)
