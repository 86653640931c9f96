"""What goes around the listeners is passed through unopened, and counted to the byte."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from probe.wire.ports import free_ports
from tests.support.captures import Listening, Machine, wait_for
from tests.support.certificates import Authority
from tests.support.client import ask, connect, read_until
from tests.support.forward_proxy import proxy_running
from tests.support.provider import provider_running
from tests.support.tunnels import Tls, Tunnel, echo, serving
from tests.support.upstream import Handler, upstream_running

pytestmark = pytest.mark.slow

HOST = "api.example.test"
Note = dict[str, Any]


class Watched:
    """A capture that watches what goes around its listeners; the test is the agent."""

    def __init__(self, machine: Machine, live: Listening) -> None:
        self.live = live
        self.address: str = machine.manifest["coverage"]["address"]
        self._file = machine.run_folder / "tunnels.jsonl"

    @property
    def notes(self) -> list[Note]:
        """Return what was noted so far."""
        return [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []

    def note(self, number: int = 1) -> Note:
        """Wait until so many were noted, and give the last."""
        return wait_for(lambda: self.notes[number - 1 : number], f"note {number}")[0]

    def tunnel(self, target: str, *headers: str) -> Tunnel:
        """Open a tunnel as an agent does that was given HTTPS_PROXY."""
        return Tunnel(self.address, target, *headers)


@contextmanager
def watched(machine: Machine, *options: str, env: dict[str, str] | None = None) -> Iterator[Watched]:
    """Capture in front of upstreams that nobody asks."""
    with machine.listening("--coverage", *options, env=env) as live:
        yield Watched(machine, live)
        live.end()


def nowhere() -> str:
    """Return an address on which nobody listens."""
    return f"127.0.0.1:{free_ports(1)[0]}"


# -- tunnels ------------------------------------------------------------------------------------------------------


def test_tls_passes_unopened_and_is_counted_to_the_byte(machine: Machine) -> None:
    authority = Authority()
    with provider_running(ssl_context=authority.server_context()) as provider, watched(machine) as seen:
        direct = ssl.get_server_certificate(("127.0.0.1", provider.port))
        with seen.tunnel(f"127.0.0.1:{provider.port}") as tunnel:
            tls = Tls(tunnel, authority.client_context(), "localhost")
            assert tls.certificate == ssl.PEM_cert_to_DER_cert(direct)
            answer = tls.ask(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
        note = seen.note()
        assert (note["sent"], note["received"]) == (tunnel.sent, tunnel.received)
        assert (note["kind"], note["host"], note["port"]) == ("tunnel", "127.0.0.1", provider.port)
        assert (note["connected"], note["error"]) == (True, None)
        assert note["started"] <= note["ended"]
    # Nothing of it is an exchange, and no word of it is on the disk.
    assert machine.records == []
    assert machine.manifest["counts"]["seen"] == 0
    assert machine.manifest["coverage"] | {"seen": 1, "noted": 1} == machine.manifest["coverage"]
    for file in machine.run_folder.iterdir():
        assert b"/v1/models" not in file.read_bytes(), file
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
def test_any_bytes_pass_as_they_are(machine: Machine, size: int) -> None:
    data = os.urandom(size)
    with serving(echo) as port, watched(machine) as seen, seen.tunnel(f"127.0.0.1:{port}") as tunnel:
        with ThreadPoolExecutor(1) as reading:
            echoed = reading.submit(tunnel.read, size)
            tunnel.send(data)
            assert echoed.result(60) == data
        tunnel.socket.close()
        note = seen.note()
    assert (note["sent"], note["received"], note["connected"], note["error"]) == (size, size, True, None)


def test_a_server_that_speaks_first_is_heard(machine: Machine) -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(100)

    with serving(greet) as port, watched(machine) as seen, seen.tunnel(f"127.0.0.1:{port}") as tunnel:
        assert tunnel.read(11) == b"220 hello\r\n"
        tunnel.send(b"QUIT\r\n")
        assert tunnel.read() == b""
        note = seen.note()
    assert (note["sent"], note["received"], note["error"]) == (6, 11, None)


def test_an_ipv6_host_is_reached(machine: Machine) -> None:
    with serving(echo, "::1") as port, watched(machine) as seen:
        with seen.tunnel(f"[::1]:{port}") as tunnel:
            tunnel.send(b"x")
            assert tunnel.read(1) == b"x"
        note = seen.note()
    assert (note["host"], note["port"], note["sent"]) == ("::1", port, 1)


UNREACHABLE = {
    "a port where nobody listens": (nowhere, "connection refused"),
    "a name that nobody knows": (lambda: "no-such-host.example.test:443", "not known"),
}


@pytest.mark.parametrize(("where", "reason"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_a_host_that_cannot_be_reached_is_a_502_and_a_note(machine: Machine, where: Any, reason: str) -> None:
    target = where()
    with watched(machine) as seen:
        with seen.tunnel(target) as tunnel:
            assert tunnel.status == 502
            told = tunnel.read().decode()
        note = seen.note()
        # The next tunnel is none the worse for it.
        with serving(echo) as port, seen.tunnel(f"127.0.0.1:{port}") as another:
            another.send(b"x")
            assert another.read(1) == b"x"
    assert f"{note['host']}:{note['port']}" == target
    assert (note["sent"], note["received"], note["connected"]) == (0, 0, False)
    assert note["error"].startswith("it could not be reached: ")
    assert reason in note["error"]
    assert reason in told
    assert "connection_strategy" not in told


def test_a_tunnel_that_is_open_at_the_end_is_noted(machine: Machine) -> None:
    with serving(echo) as port:
        with watched(machine) as seen:
            tunnel = seen.tunnel(f"127.0.0.1:{port}")
            tunnel.send(b"12345")
            assert tunnel.read(5) == b"12345"
        tunnel.socket.close()
    (note,) = seen.notes
    assert (note["sent"], note["received"], note["error"]) == (5, 5, "it was open when the proxies stopped")


def test_a_server_that_breaks_off_ends_the_tunnel(machine: Machine) -> None:
    def take_and_leave(connection: socket.socket) -> None:
        connection.recv(3)

    with serving(take_and_leave) as port, watched(machine) as seen, seen.tunnel(f"127.0.0.1:{port}") as tunnel:
        tunnel.send(b"123")
        assert tunnel.read() == b""
        assert (seen.note()["sent"], seen.note()["received"]) == (3, 0)


def test_64_tunnels_at_once_are_told_apart(machine: Machine) -> None:
    def talk(number: int) -> int:
        with seen.tunnel(f"127.0.0.1:{port}") as tunnel:
            assert tunnel.status == 200
            data = bytes([number]) * (number + 1) * 1000
            tunnel.send(data)
            assert tunnel.read(len(data)) == data
            return len(data)

    with serving(echo) as port, watched(machine) as seen, ThreadPoolExecutor(64) as pool:
        sizes = sorted(pool.map(talk, range(64)))
        seen.note(64)
        assert sorted(note["sent"] for note in seen.notes) == sizes
        assert sorted(note["received"] for note in seen.notes) == sizes


def test_much_that_passes_is_not_held_in_memory(machine: Machine) -> None:
    size = 300 << 20
    piece = bytes(1 << 20)

    def flood(connection: socket.socket) -> None:
        for _ in range(size // len(piece)):
            connection.sendall(piece)

    with serving(flood) as port, watched(machine) as seen:
        process: psutil.Process = seen.live.proxy_process
        before = process.memory_info().rss
        with seen.tunnel(f"127.0.0.1:{port}") as tunnel:
            while tunnel.receive():
                pass
            assert process.memory_info().rss - before < 100 << 20
        assert seen.note()["received"] == size


# -- plain http ---------------------------------------------------------------------------------------------------


def test_a_plain_request_passes_as_it_comes_and_only_its_size_is_noted(machine: Machine) -> None:
    def stream(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream()
        handler.chunk(b"data: first\n\n")
        handler.server.seen.append(("waits", "", []))
        wait_for(lambda: ("go", "", []) in handler.server.seen, "the reader")
        handler.chunk(b"data: second\n\n")
        handler.chunk(b"")

    with upstream_running({"/v1/private": stream}) as upstream, watched(machine) as seen:
        connection = connect(f"http://{seen.address}")
        connection.request("POST", f"{upstream.url}/v1/private", b"a secret question")
        response = connection.getresponse()
        # The first event is here before the second was sent.
        assert read_until(response, b"first\n\n") == b"data: first\n\n"
        upstream.seen.append(("go", "", []))
        assert response.read() == b"data: second\n\n"
        note = seen.note()
        connection.close()
    assert upstream.seen[0][:2] == ("POST", "/v1/private")
    assert (note["kind"], note["host"], note["port"]) == ("request", "127.0.0.1", upstream.server_address[1])
    assert (note["sent"], note["received"], note["connected"], note["error"]) == (17, 27, True, None)
    assert machine.records == []
    for file in machine.run_folder.iterdir():
        for text in (b"secret question", b"first", b"/v1/private"):
            assert text not in file.read_bytes(), file


def test_what_a_plain_request_is_upgraded_to_is_bytes_too(machine: Machine) -> None:
    def upgrade(connection: socket.socket) -> None:
        assert b"GET /chat HTTP/1.1" in connection.recv(65536)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        echo(connection)

    with serving(upgrade) as port, watched(machine) as seen:
        host, _, own = seen.address.rpartition(":")
        with socket.create_connection((host, int(own)), 15) as connection:
            head = f"GET http://127.0.0.1:{port}/chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            upgrade_head = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"
            connection.sendall((head + upgrade_head).encode())
            while not connection.recv(65536).endswith(b"\r\n\r\n"):
                pass
            connection.sendall(b"no frame at all")
            assert connection.recv(65536) == b"no frame at all"
        note = seen.note(2)
    assert [one["kind"] for one in seen.notes] == ["request", "tunnel"]
    assert (note["host"], note["port"], note["sent"], note["received"]) == ("127.0.0.1", port, 15, 15)


def test_a_plain_request_to_nowhere_is_a_502_and_a_note(machine: Machine) -> None:
    target = nowhere()
    with watched(machine) as seen:
        connection = connect(f"http://{seen.address}")
        connection.request("GET", f"http://{target}/")
        assert connection.getresponse().status == 502
        connection.close()
        note = seen.note()
    assert (f"{note['host']}:{note['port']}", note["connected"]) == (target, False)
    assert note["error"].startswith("it could not be reached: ")


# -- through the user's own proxy ---------------------------------------------------------------------------------

CREDENTIALS = "proxy-user:proxy-pass%40word"
BASIC = "Basic " + base64.b64encode(b"proxy-user:proxy-pass@word").decode()


@pytest.mark.parametrize("given", ["the option", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_tunnel_goes_on_through_the_users_own_proxy(machine: Machine, given: str) -> None:
    authority = Authority()
    with (
        provider_running(ssl_context=authority.server_context()) as provider,
        proxy_running(hosts={HOST: provider.port}, credentials="proxy-user:proxy-pass@word") as forward,
    ):
        url = f"http://{CREDENTIALS}@127.0.0.1:{forward.port}"
        options = [f"--upstream-proxy={url}"] if given == "the option" else []
        with watched(machine, *options, env={} if options else {given: url}) as seen:
            with seen.tunnel(f"{HOST}:443", "Proxy-Authorization: Basic YWdlbnQ6b3du") as tunnel:
                answer = Tls(tunnel, authority.client_context(), HOST).ask(
                    b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                )
            assert answer.startswith(b"HTTP/1.1 200 ")
            note = seen.note()
    assert [(one.method, one.target, one.status) for one in forward.seen] == [("CONNECT", f"{HOST}:443", 200)]
    assert forward.seen[0].header("proxy-authorization") == BASIC
    assert (note["host"], note["sent"], note["received"]) == (HOST, tunnel.sent, tunnel.received)
    assert machine.manifest["coverage"]["upstream_proxy"] == f"http://…@127.0.0.1:{forward.port}"
    for file in (path for path in machine.data.rglob("*") if path.is_file()):
        for secret in (b"proxy-pass", b"YWdlbnQ6b3du", BASIC.encode()):
            assert secret not in file.read_bytes(), file


def test_an_ipv6_host_stands_in_brackets_before_the_users_own_proxy(machine: Machine) -> None:
    with proxy_running() as forward, watched(machine, f"--upstream-proxy={forward.url}") as seen:
        with seen.tunnel("[2001:db8::1]:443") as tunnel:
            assert tunnel.status == 502
        seen.note()
    assert [one.target for one in forward.seen] == ["[2001:db8::1]:443"]
    assert forward.seen[0].header("host") == "[2001:db8::1]:443"


def test_a_proxy_that_refuses_is_a_502_with_its_reason(machine: Machine) -> None:
    with proxy_running(credentials="somebody:else") as forward:
        url = f"http://me:wrong-word@127.0.0.1:{forward.port}"
        with watched(machine, f"--upstream-proxy={url}") as seen, seen.tunnel(f"{HOST}:443") as tunnel:
            assert tunnel.status == 502
            told = tunnel.read().decode()
            note = seen.note()
    assert "407 Proxy Authentication Required" in told
    assert "407 Proxy Authentication Required" in note["error"]
    assert note["connected"] is False
    assert "wrong-word" not in told + str(note)


# -- beside the recording -----------------------------------------------------------------------------------------


def test_what_the_listeners_record_is_the_same_with_it(tmp_path: Path) -> None:
    recorded = []
    for name, switch in (("with", "--coverage"), ("without", "--no-coverage")):
        machine = Machine(tmp_path / name)
        with provider_running() as provider, serving(echo) as port:
            upstream = f"--upstream=model=http://127.0.0.1:{provider.port}"
            with machine.listening(switch, upstream) as live:
                if switch == "--coverage":
                    tunnel = Tunnel(machine.manifest["coverage"]["address"], f"127.0.0.1:{port}")
                    tunnel.send(b"open while the others run")
                body = b'{"model":"test-model","input":"Hello"}'
                answer = ask(f"{live.url}/v1/responses", body, headers={"Content-Type": "application/json"})
                assert answer.status == 200
                live.end()
        (exchange,) = machine.records
        assert exchange.response is not None
        recorded.append([exchange.request.sha256, exchange.response.status_code, sorted(exchange.request.headers)])
        assert exchange.listener == "model"
    assert recorded[0] == recorded[1]


def test_nobody_else_can_reach_it(machine: Machine) -> None:
    with watched(machine) as seen:
        port = int(seen.address.rpartition(":")[2])
        listening = [one.laddr for one in seen.live.proxy_process.net_connections() if one.status == "LISTEN"]
        assert [one.ip for one in listening if one.port == port] == ["127.0.0.1"]
