"""The forward listener: opens the tunnels to the hosts that a target names, and passes all others through unopened.

An agent without a base URL gets it as its proxy, and a certificate authority of ours to trust. What comes out of an
opened tunnel is the recorder's, like what comes through any other listener; the rest is the pass-through listener's.
"""

from __future__ import annotations

import time
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import ctx
from mitmproxy.connection import Client, Server
from mitmproxy.exceptions import AddonHalt
from mitmproxy.http import Headers, HTTPFlow, Response
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.layers import ClientTLSLayer, HttpLayer, ServerTLSLayer
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream
from mitmproxy.proxy.tunnel import LayerStack
from mitmproxy.tls import TlsData

from probe.addon.config import LISTENER, Config, Listener
from probe.addon.coverage import Coverage
from probe.addon.redaction.redactor import Redactor

OPENED = "opened"
"""The kind of note that an opened tunnel leaves when no request came through it."""
_TLS_MAGIC = 3
"""So many bytes tell TLS from plain HTTP."""
_DOUBTS, _LEFT = "trust the proxy's certificate", "disconnected during the handshake"
"""What mitmproxy says where the agent sent an alert, or did not even do that."""
_NO_REQUEST = "no request came through it: the agent may not trust the certificate, or speaks no HTTP"
_LONGEST_REASON = 200
_MOST_HOSTS = 20
"""Hosts that are told one by one; a pattern may stand for any number."""


class Forward(Coverage):
    """Hooks of mitmproxy for a forward proxy that looks into some of its tunnels."""

    def __init__(self, config: Config, redactor: Redactor) -> None:
        super().__init__(config, redactor)
        self._named = [listener for listener in config.listeners if listener.host]
        self._looked_into: dict[str, Listener] = {}
        """By the id of the client's connection: the tunnels that are opened."""
        self._refused: dict[str, str] = {}
        """By host: how the agent said that it does not take our certificate."""
        self._silent: set[str] = set()
        """Hosts to which a tunnel brought no request."""
        self._captured: set[str] = set()

    def counts(self) -> dict[str, Any]:
        """Give what the run is to be told at its end."""
        silent = sorted(self._silent - self._captured - set(self._refused))
        return super().counts() | {"refused": self._refused, "silent": silent[:_MOST_HOSTS]}

    def next_layer(self, data: NextLayer) -> None:
        """Pick the layers of an opened tunnel: TLS of ours, if the agent begins with it, and the recorder's HTTP."""
        context = data.context
        if context.client.id not in self._looked_into or not isinstance(context.layers[-1], HttpStream):
            super().next_layer(data)
            return
        begun = data.data_client()
        if len(begun) < _TLS_MAGIC:
            # It is asked again when there is more.
            raise AddonHalt
        # Those of the recording listeners: this one's own keep no WebSocket messages and connect at once.
        context.options = ctx.options
        context.server = Server(address=context.server.address)
        stack = LayerStack()
        if starts_like_tls_record(begun):
            stack /= ServerTLSLayer(context)
            stack /= ClientTLSLayer(context)
        stack /= HttpLayer(context, HTTPMode.transparent)
        data.layer = stack[0]

    def http_connect(self, flow: HTTPFlow) -> None:
        """Begin a tunnel; one that is opened is answered here: where its requests go is known when they come."""
        listener = self._listener_of(flow.request.host) if self._is_own(flow.client_conn) else None
        if listener is None:
            super().http_connect(flow)
            return
        self._looked_into[flow.client_conn.id] = listener
        self._begin(flow.client_conn.id, OPENED, flow.request.host, flow.request.port)
        version, now = flow.request.data.http_version, time.time()
        flow.response = Response(version, 200, b"Connection established", Headers(), b"", None, now, now)

    def http_connected(self, flow: HTTPFlow) -> None:
        """Note that the other side was reached, where that is known already."""
        if flow.client_conn.id not in self._looked_into:
            super().http_connected(flow)

    def tls_failed_client(self, data: TlsData) -> None:
        """Note that the agent does not take our certificate, or left before it said so."""
        passage = self._open.get(data.conn.id)
        if passage is None or passage.kind != OPENED:
            return
        said = self._redactor.text(data.conn.error or "")
        if _DOUBTS not in said or _LEFT in said:
            self._silent.add(passage.host)
            self._end(data.conn.id, f"no TLS came about: {said[:_LONGEST_REASON]}")
            return
        reason = said.partition("(")[2].removesuffix(")")[:_LONGEST_REASON]
        if len(self._refused) < _MOST_HOSTS:
            self._refused[passage.host] = reason
        self._end(data.conn.id, f"the agent refused the certificate: {reason}")

    def client_disconnected(self, client: Client) -> None:
        """End a tunnel through which nothing went."""
        passage = self._open.get(client.id)
        if self._looked_into.pop(client.id, None) and passage:
            self._silent.add(passage.host)
            self._end(client.id, _NO_REQUEST)
        super().client_disconnected(client)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Give a request to a named host to the recorder, and send it where the listener says."""
        listener = None
        if self._is_own(flow.client_conn):
            listener = self._looked_into.get(flow.client_conn.id) or self._listener_of(flow.request.host)
        if listener is None:
            super().requestheaders(flow)
            return
        if passage := self._forget(flow.client_conn.id):
            self._captured.add(passage.host)
        flow.metadata[LISTENER] = listener
        if flow.request.host:
            # One of its own: on the connection of a plain proxy request it is shared with those that pass through.
            flow.server_conn = Server(address=(flow.request.host, flow.request.port))
            _redirect(flow, listener.upstream)

    def _listener_of(self, host: str) -> Listener | None:
        name = host.lower().rstrip(".")
        return next((one for one in self._named if fnmatchcase(name, (one.host or "").lower())), None)


def _redirect(flow: HTTPFlow, upstream: str) -> None:
    """Send a request elsewhere, its Host header with it; without an upstream, to the host that was asked for."""
    if upstream:
        parts = urlsplit(upstream)
        flow.request.scheme = parts.scheme
        flow.request.port = parts.port or (443 if parts.scheme == "https" else 80)
        flow.request.host = parts.hostname or ""
