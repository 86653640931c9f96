"""Why an exchange ended before its end, in words: mitmproxy's own are few, and the same for different causes."""

from __future__ import annotations

from mitmproxy.http import HTTPFlow

from probe.addon.config import PROXY_ANSWERED
from probe.addon.mitmproxy_fixes.interim_answers import take_interim
from probe.addon.mitmproxy_fixes.ipv6_host import bracketed
from probe.addon.mitmproxy_fixes.refusals import refused

ANSWERED_EARLY = "the answer came before the request's end, and the rest of the request did not follow"
_BREACHES = (1002, 1007)
_GONE = "Client disconnected."
_PROTOCOL = "HTTP/1 protocol error: "


def upstream_failed(flow: HTTPFlow) -> bool:
    """Tell whether an exchange got no answer because of the upstream, not of the agent."""
    # mitmproxy closes the agent's connection before it tells of what the agent did.
    return flow.response is None and flow.client_conn.connected and not refused(flow)


def in_words(flow: HTTPFlow) -> str:
    """Say what ended an exchange early, and what the proxy answered in the upstream's place."""
    if why := refused(flow):
        return f"{why}{PROXY_ANSWERED} with 403 Forbidden, and did not read the request's body"
    said = (flow.error.msg if flow.error else "the connection ended").removeprefix(_PROTOCOL)
    if not flow.request.host:
        # Refused before it was clear where to.
        return f"{said}{PROXY_ANSWERED} the agent with 400 Bad Request"
    if not flow.client_conn.connected:
        return flow.client_conn.error or _by_agent(flow, said)
    if flow.response is not None and flow.response.stream:
        return f"the upstream broke off: {said}"
    before = "".join(f" after {response.status_code}" for _, response in take_interim(flow.server_conn))
    place = f"{bracketed(flow.request.host)}:{flow.request.port}"
    return f"{place}: {said}{before}{PROXY_ANSWERED} the agent with 502 Bad Gateway"


def websocket_in_words(flow: HTTPFlow) -> str | None:
    """Say what ended a WebSocket that was not just closed; None when it was."""
    assert flow.websocket is not None
    code, reason = flow.websocket.close_code, flow.websocket.close_reason
    side = {True: "agent", False: "upstream", None: "proxy"}[flow.websocket.closed_by_client]
    if code in (None, 1006):
        return flow.client_conn.error or f"the {side} ended the WebSocket without a close frame (1006)"
    if code in _BREACHES:
        # mitmproxy closes with these as well when it cannot read what a side sent.
        return f"a breach of the WebSocket protocol by the {side} ended the conversation ({code}: {reason})"
    return None


def _by_agent(flow: HTTPFlow, said: str) -> str:
    if said != _GONE:
        return f"the agent's request was cut short: {said}"
    return f"the agent disconnected before {'the answer ended' if flow.response else 'an answer came'}"
