"""Why an exchange ended early: mitmproxy's messages are few, and the same for different causes."""

from __future__ import annotations

from mitmproxy.http import HTTPFlow

from probe.addon.config import PROXY_ANSWERED
from probe.addon.connect_errors import in_words
from probe.addon.mitmproxy_fixes.interim_answers import take_interim
from probe.addon.mitmproxy_fixes.ipv6_host import bracketed
from probe.addon.mitmproxy_fixes.refusals import refused

ANSWERED_EARLY = "the answer came before the request's end, and the rest of the request did not follow"
_BREACHES = (1002, 1007)
_GONE = "Client disconnected."
_PROTOCOL = "HTTP/1 protocol error: "


def upstream_failed(flow: HTTPFlow) -> bool:
    """Check whether the upstream, not the agent, is why an exchange got no answer."""
    # mitmproxy closes the agent's connection before it reports the agent's error.
    return flow.response is None and flow.client_conn.connected and not refused(flow)


def end_reason(flow: HTTPFlow) -> str:
    """Return what ended an exchange early, and what the proxy answered in the upstream's place."""
    if why := refused(flow):
        return f"{why}{PROXY_ANSWERED} with 403 Forbidden, and did not read the request's body"
    message = (flow.error.msg if flow.error else "the connection ended").removeprefix(_PROTOCOL)
    if not flow.request.host:
        # Refused before its destination was known.
        return f"{message}{PROXY_ANSWERED} the agent with 400 Bad Request"
    if not flow.client_conn.connected:
        return flow.client_conn.error or _by_agent(flow, message)
    if flow.response is not None and flow.response.stream:
        return f"the upstream broke off: {message}"
    before = "".join(f" after {response.status_code}" for _, response in take_interim(flow.server_conn))
    place = f"{bracketed(flow.request.host)}:{flow.request.port}"
    return f"{place}: {_cause(flow, message)}{before}{PROXY_ANSWERED} the agent with 502 Bad Gateway"


def _cause(flow: HTTPFlow, message: str) -> str:
    """Return why there was no connection; the upstream proxy is named where it is not the upstream that failed."""
    cause, via = in_words(message), flow.server_conn.via
    if cause == message or via is None:
        return cause
    _scheme, (host, port) = via
    return f"upstream proxy {bracketed(host)}:{port}: {cause}"


def websocket_end_reason(flow: HTTPFlow) -> str | None:
    """Return what ended a WebSocket abnormally; None for a normal close."""
    assert flow.websocket is not None
    code, reason = flow.websocket.close_code, flow.websocket.close_reason
    side = {True: "agent", False: "upstream", None: "proxy"}[flow.websocket.closed_by_client]
    if code in (None, 1006):
        return flow.client_conn.error or f"the {side} ended the WebSocket without a close frame (1006)"
    if code in _BREACHES:
        # mitmproxy also closes with these codes when it cannot read a side's data.
        return f"a breach of the WebSocket protocol by the {side} ended the conversation ({code}: {reason})"
    return None


def _by_agent(flow: HTTPFlow, message: str) -> str:
    if message != _GONE:
        return f"the agent's request was cut short: {message}"
    return f"the agent disconnected before {'the answer ended' if flow.response else 'an answer came'}"
