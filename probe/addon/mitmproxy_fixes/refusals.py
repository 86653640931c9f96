"""Refuse a request at its head: 403 at once, without an upstream and without its body.

A hook can answer a request only after mitmproxy has read its whole body into memory. With an unknown version of
mitmproxy, that is what happens.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import http
from mitmproxy.flow import Error
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook, HttpRequestHeadersHook

from probe.addon.mitmproxy_fixes.guard import Replacement, replace

_REFUSED = "probe_refused"
"""Flow metadata key for the reason."""
_hosts: WeakKeyDictionary[http.Request, str] = WeakKeyDictionary()
_in_place: list[bool] = []

Steps = Generator[Any, Any, None]


def apply() -> bool:
    """Make mitmproxy check after the hooks of a request's head whether they refused it."""
    head = Replacement(HttpStream, "state_wait_for_request_headers", ("self", "event"), _deciding)
    _in_place[:] = [replace("the refusal of a request at its head", [head])]
    return _in_place[0]


def asked_host(request: http.Request) -> str | None:
    """Return the Host header as the client sent it: the hooks see the upstream's instead."""
    return _hosts.get(request)


def refuse(flow: http.HTTPFlow, why: str) -> None:
    """Refuse a request from the hook `requestheaders`."""
    if host := asked_host(flow.request):
        # The record has it as it was sent.
        flow.request.headers["Host"] = host
    flow.metadata[_REFUSED] = why
    if not any(_in_place):
        flow.response = _forbidden(why)


def refused(flow: http.HTTPFlow) -> str | None:
    """Return why a request was refused; None where it was not."""
    why: str | None = flow.metadata.get(_REFUSED)
    return why


def _deciding(original: Callable[..., Steps]) -> Callable[..., Steps]:
    @functools.wraps(original)
    def state_wait_for_request_headers(self: Any, event: Any) -> Steps:
        if host := event.request.host_header:
            _hosts[event.request] = host
        steps, reply = original(self, event), None
        while True:
            try:
                command = steps.send(reply)
            except StopIteration:
                return
            reply = yield command
            if isinstance(command, HttpRequestHeadersHook) and (why := refused(self.flow)):
                steps.close()
                yield from _answer(self, why)
                return

    return state_wait_for_request_headers


def _answer(stream: Any, why: str) -> Steps:
    stream.flow.error = Error(why)
    yield HttpErrorHook(stream.flow)
    yield commands.SendData(stream.context.client, http1.assemble_response(_forbidden(why)))
    yield commands.CloseConnection(stream.context.client)
    stream.flow.live = False
    stream.client_state = stream.server_state = stream.state_errored


def _forbidden(why: str) -> http.Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
    return http.Response.make(403, f"agent-probe refused this request: {why}\n", headers)
