"""The forward listener: decrypts the tunnels to the hosts that a target names, and passes all others through.

An agent without a base URL gets it as its proxy, and agent-probe's certificate authority to trust. Requests in a
decrypted tunnel are recorded like those of any other listener; the pass-through listener handles the rest.
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
"""Kind of the note about a decrypted tunnel without any request."""
_TLS_MAGIC = 3
"""Bytes needed to distinguish TLS from plain HTTP."""
_DOUBTS, _LEFT = "trust the proxy's certificate", "disconnected during the handshake"
"""mitmproxy's messages when the agent sent an alert, and when it just disconnected."""
_NO_REQUEST = "no request came through it: the agent may not trust the certificate, or does not use HTTP"
_LONGEST_REASON = 200
_MOST_HOSTS = 20
"""Hosts that are listed one by one; a pattern may match any number."""


class Forward(Coverage):
    """Hooks of mitmproxy for a forward proxy that decrypts some of its tunnels."""

    def __init__(self, config: Config, redactor: Redactor) -> None:
        super().__init__(config, redactor)
        self._named = [listener for listener in config.listeners if listener.host]
        self._decrypted: dict[str, Listener] = {}
        """By the id of the client's connection: the decrypted tunnels."""
        self._refused: dict[str, str] = {}
        """By host: the agent's reason for refusing the proxy's certificate."""
        self._silent: set[str] = set()
        """Hosts of tunnels without any request."""
        self._captured: set[str] = set()

    def counts(self) -> dict[str, Any]:
        """Return the counts and hosts that the run needs at its end."""
        silent = sorted(self._silent - self._captured - set(self._refused))
        return super().counts() | {"refused": self._refused, "silent": silent[:_MOST_HOSTS]}

    def next_layer(self, data: NextLayer) -> None:
        """Set the layers of a decrypted tunnel: the proxy's TLS if the agent begins with TLS, and recorded HTTP."""
        context = data.context
        if context.client.id not in self._decrypted or not isinstance(context.layers[-1], HttpStream):
            super().next_layer(data)
            return
        begun = data.data_client()
        if len(begun) < _TLS_MAGIC:
            # mitmproxy asks again when there is more.
            raise AddonHalt
        # The recording listeners' options: this listener's own drop WebSocket messages and connect at once.
        context.options = ctx.options
        context.server = Server(address=context.server.address)
        stack = LayerStack()
        if starts_like_tls_record(begun):
            stack /= ServerTLSLayer(context)
            stack /= ClientTLSLayer(context)
        stack /= HttpLayer(context, HTTPMode.transparent)
        data.layer = stack[0]

    def http_connect(self, flow: HTTPFlow) -> None:
        """Begin a tunnel; answer one to be decrypted here, as its requests' destination is known only later."""
        listener = self._listener_of(flow.request.host) if self._is_own(flow.client_conn) else None
        if listener is None:
            super().http_connect(flow)
            return
        self._decrypted[flow.client_conn.id] = listener
        self._begin(flow.client_conn.id, OPENED, flow.request.host, flow.request.port)
        version, now = flow.request.data.http_version, time.time()
        flow.response = Response(version, 200, b"Connection established", Headers(), b"", None, now, now)

    def http_connected(self, flow: HTTPFlow) -> None:
        """Record that the other side of a passed-through tunnel was reached."""
        if flow.client_conn.id not in self._decrypted:
            super().http_connected(flow)

    def tls_failed_client(self, data: TlsData) -> None:
        """Record that the agent refused the proxy's certificate, or left during the handshake."""
        passage = self._open.get(data.conn.id)
        if passage is None or passage.kind != OPENED:
            return
        message = self._redactor.text(data.conn.error or "")
        if _DOUBTS not in message or _LEFT in message:
            self._silent.add(passage.host)
            self._end(data.conn.id, f"the TLS handshake failed: {message[:_LONGEST_REASON]}")
            return
        reason = message.partition("(")[2].removesuffix(")")[:_LONGEST_REASON]
        if len(self._refused) < _MOST_HOSTS:
            self._refused[passage.host] = reason
        self._end(data.conn.id, f"the agent refused the certificate: {reason}")

    def client_disconnected(self, client: Client) -> None:
        """End a tunnel that was not used."""
        passage = self._open.get(client.id)
        if self._decrypted.pop(client.id, None) and passage:
            self._silent.add(passage.host)
            self._end(client.id, _NO_REQUEST)
        super().client_disconnected(client)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Pass a request to a named host on to the recorder, and redirect it to the listener's upstream."""
        listener = None
        if self._is_own(flow.client_conn):
            listener = self._decrypted.get(flow.client_conn.id) or self._listener_of(flow.request.host)
        if listener is None:
            super().requestheaders(flow)
            return
        if passage := self._forget(flow.client_conn.id):
            self._captured.add(passage.host)
        flow.metadata[LISTENER] = listener
        if flow.request.host:
            # A separate one: plain proxy requests on one connection share it with requests that are passed through.
            flow.server_conn = Server(address=(flow.request.host, flow.request.port))
            _redirect(flow, listener.upstream)

    def _listener_of(self, host: str) -> Listener | None:
        name = host.lower().rstrip(".")
        return next((one for one in self._named if fnmatchcase(name, (one.host or "").lower())), None)


def _redirect(flow: HTTPFlow, upstream: str) -> None:
    """Set a request's upstream and its Host header; without an upstream, leave the requested host."""
    if upstream:
        parts = urlsplit(upstream)
        flow.request.scheme = parts.scheme
        flow.request.port = parts.port or (443 if parts.scheme == "https" else 80)
        flow.request.host = parts.hostname or ""
