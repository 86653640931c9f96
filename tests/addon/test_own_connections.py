"""The proxies refuse their own connections, and only those."""

from __future__ import annotations

import pytest
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

from probe.addon.own_connections import OwnConnections

PORT, LISTENER, UPSTREAM = 40000, ("127.0.0.1", 8080), ("127.0.0.1", 9090)
CONNECTIONS = {
    "one of the proxies to a listener": (LISTENER, ("127.0.0.1", PORT), LISTENER, 403),
    "the same, seen as IPv6": (LISTENER, ("::ffff:127.0.0.1", PORT, 0, 0), ("::ffff:127.0.0.1", 8080, 0, 0), 403),
    # The kernel gives one port out again for another destination.
    "an agent's, with the source port of one to the upstream": (UPSTREAM, ("127.0.0.1", PORT), LISTENER, None),
    "an agent's": (LISTENER, ("127.0.0.1", PORT + 1), LISTENER, None),
}


@pytest.mark.parametrize(("proxies_to", "source", "to", "status"), CONNECTIONS.values(), ids=CONNECTIONS.keys())
def test_a_connection_of_the_proxies_to_themselves_is_refused(
    proxies_to: tuple[str, int], source: tuple[str, int], to: tuple[str, int], status: int | None
) -> None:
    addon, flow = OwnConnections(), tflow.tflow()
    flow.server_conn.sockname, flow.server_conn.peername = ("127.0.0.1", PORT), proxies_to
    data = ServerConnectionHookData(flow.server_conn, flow.client_conn)
    addon.server_connected(data)
    flow.client_conn.peername, flow.client_conn.sockname = source, to
    addon.requestheaders(flow)
    assert (flow.response.status_code if flow.response else None) == status
    addon.server_disconnected(data)
    later = tflow.tflow()
    later.client_conn.peername, later.client_conn.sockname = source, to
    addon.requestheaders(later)
    assert later.response is None
