"""What listens is found, on whatever address; what only talks is not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psutil
import pytest

from tests.support.sockets import Open, open_sockets

SOCKETS = {
    "TCP on loopback": (socket.AF_INET, "tcp", "127.0.0.1", True),
    "TCP on another loopback address": (socket.AF_INET, "tcp", "127.9.8.7", True),
    "TCP on every address": (socket.AF_INET, "tcp", "0.0.0.0", False),
    "TCP over IPv6 on loopback": (socket.AF_INET6, "tcp", "::1", True),
    "TCP over IPv6 on every address": (socket.AF_INET6, "tcp", "::", False),
    "TCP over IPv6 on the loopback of IPv4": (socket.AF_INET6, "tcp", "::ffff:127.0.0.1", True),
    "UDP on loopback": (socket.AF_INET, "udp", "127.0.0.1", True),
    "UDP on every address": (socket.AF_INET, "udp", "0.0.0.0", False),
    "UDP over IPv6 on every address": (socket.AF_INET6, "udp", "::", False),
}
_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@contextmanager
def bound(family: socket.AddressFamily, kind: str, address: str) -> Iterator[int]:
    """Open a socket and give its port."""
    with closing(socket.socket(family, _KINDS[kind])) as opened:
        opened.bind((address, 0))
        if kind == "tcp":
            opened.listen()
        yield opened.getsockname()[1]


@pytest.mark.parametrize(("family", "kind", "address", "loopback"), SOCKETS.values(), ids=SOCKETS.keys())
def test_what_listens_is_found(family: socket.AddressFamily, kind: str, address: str, loopback: bool) -> None:
    before = open_sockets([psutil.Process()])
    with bound(family, kind, address) as port:
        found = open_sockets([psutil.Process()]) - before
    assert {(one.kind, one.port, one.loopback) for one in found} == {(kind, port, loopback)}


@pytest.mark.parametrize("kind", _KINDS)
def test_what_only_talks_is_not_found(kind: str) -> None:
    with bound(socket.AF_INET, kind, "127.0.0.1") as port, socket.socket(socket.AF_INET, _KINDS[kind]) as talking:
        before = open_sockets([psutil.Process()])
        talking.connect(("127.0.0.1", port))
        assert Open(kind, "127.0.0.1", port) in before
        assert open_sockets([psutil.Process()]) == before
