"""Ports are free for TCP and UDP when they are chosen, and whoever holds a taken one is named."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from probe.errors import UserError
from probe.wire.ports import Ports, free_ports, is_free, require_free

KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    with socket.socket(socket.AF_INET, request.param) as holder:
        holder.bind(("127.0.0.1", 0))
        if request.param == socket.SOCK_STREAM:
            holder.listen()
        yield holder.getsockname()[1]


def test_chosen_ports_differ_and_are_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(map(is_free, ports))


def test_a_port_that_is_taken_in_one_protocol_is_not_free(taken: int) -> None:
    assert not is_free(taken)
    with pytest.raises(UserError, match=f"port {taken} of listener 'model' is taken") as caught:
        require_free("model", taken)
    assert caught.value.hint == "end it, or use --port model=ANOTHER"


def test_the_process_that_holds_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(UserError, match=rf"\(pid {os.getpid()}\)"):
        require_free("model", server.getsockname()[1])


def test_the_addresses_of_listeners_follow_from_their_ports() -> None:
    ports = Ports(listeners={"model": 1, "backend": 2}, coverage=3)
    assert ports.urls == {"model": "http://127.0.0.1:1", "backend": "http://127.0.0.1:2"}
    assert ports.coverage_url == "http://127.0.0.1:3"
    assert Ports(listeners={}, coverage=None).coverage_url is None
