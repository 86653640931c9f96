"""In forward mode an agent has a proxy and trusts our authority: named hosts are recorded, others pass unopened."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import re
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from probe.record.exchange import Exchange
from probe.wire.ports import free_ports
from tests.support import sigv4
from tests.support.captures import Listening, Machine, ending, wait_for
from tests.support.certificates import Authority
from tests.support.client import connect, read_until
from tests.support.echo import CLOSE, echo_running
from tests.support.forward_proxy import proxy_running
from tests.support.provider import Provider, provider_running
from tests.support.tunnels import Tls, Tunnel
from tests.support.upstream import Handler, upstream_running

pytestmark = pytest.mark.slow

MODEL, BACKEND, OTHER = "api.openai.com", "chatgpt.com", "api.example.test"
BEDROCK = "bedrock-runtime.eu-central-1.amazonaws.com"
PATH = "/v1/responses"
QUESTION = b'{"model":"test-model","input":"Hello"}'
JSON = {"Content-Type": "application/json"}
BUNDLE = Path(".agent-folders/authorities/SSL_CERT_FILE.pem")
Note = dict[str, Any]


class Forward:
    """A capture in forward mode; the test is the agent."""

    def __init__(self, machine: Machine, live: Listening) -> None:
        self.live = live
        self.machine = machine
        self.address = live.url.removeprefix("http://")
        self.bundle = machine.run_folder / BUNDLE

    @property
    def trusting(self) -> ssl.SSLContext:
        """Return the context of an agent that trusts what it is given to trust."""
        return ssl.create_default_context(cafile=str(self.bundle))

    @contextmanager
    def connection(self, host: str = MODEL, context: ssl.SSLContext | None = None) -> Iterator[HTTPSConnection]:
        """Go through the proxy to a host."""
        name, _, port = self.address.rpartition(":")
        with closing(HTTPSConnection(name, int(port), timeout=15, context=context or self.trusting)) as connection:
            connection.set_tunnel(host, 443)
            yield connection

    def ask(self, host: str = MODEL, path: str = PATH, body: bytes = QUESTION) -> tuple[int, bytes]:
        """Ask a host as an agent does."""
        with self.connection(host) as connection:
            connection.request("POST", path, body, JSON)
            response = connection.getresponse()
            return response.status, response.read()

    @property
    def notes(self) -> list[Note]:
        """Return what was noted of tunnels so far."""
        file = self.machine.run_folder / "tunnels.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def note(self, number: int = 1) -> Note:
        """Wait until so many were noted, and give the last."""
        return wait_for(lambda: self.notes[number - 1 : number], f"note {number}")[0]


@contextmanager
def forward(
    machine: Machine, *options: str, target: str = "codex-forward", env: dict[str, str] | None = None
) -> Iterator[Forward]:
    """Capture a waiting agent in forward mode."""
    with machine.listening(f"--target={target}", *options, env=env) as live:
        wait_for(lambda: list(machine.run_folder.glob(".agent-folders/authorities/*.pem")), "what the agent may trust")
        yield Forward(machine, live)
        live.end()


@contextmanager
def world(machine: Machine, *hosts: str, **options: Any) -> Iterator[tuple[Provider, list[str]]]:
    """Serve TLS under these names, reached by way of a proxy; give the options that lead there."""
    authority = Authority()
    (machine.home.parent / "ca.pem").write_bytes(authority.pem)
    with (
        provider_running(ssl_context=authority.server_context(*hosts), **options) as provider,
        proxy_running(hosts=dict.fromkeys(hosts, provider.port)) as proxy,
    ):
        yield provider, [f"--upstream-proxy={proxy.url}", f"--upstream-ca={machine.home.parent / 'ca.pem'}"]


def elsewhere(url: str, *names: str) -> list[str]:
    """Send listeners to an upstream of the test's."""
    return [f"--upstream={name}={url}" for name in names or ("model", "backend")]


def only(machine: Machine) -> Exchange:
    """Return the one record."""
    (record,) = machine.records
    return record


# -- named hosts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("host", "listener"), [(MODEL, "model"), (BACKEND, "backend")])
def test_a_named_host_is_recorded_under_its_own_name(machine: Machine, host: str, listener: str) -> None:
    with world(machine, host) as (provider, options), forward(machine, *options) as agent:
        status, answer = agent.ask(host)
    record = only(machine)
    assert status == 200
    assert (record.listener, record.request.method, record.error) == (listener, "POST", None)
    assert record.request.url == f"https://{host}{PATH}"
    assert record.request.sha256 == hashlib.sha256(QUESTION).hexdigest()
    assert record.response is not None
    assert (record.response.size, record.response.sha256) == (len(answer), hashlib.sha256(answer).hexdigest())
    # The upstream got what the agent wrote, its name included.
    assert dict(provider.log.requests[0].headers)["Host"] == host
    assert machine.manifest["counts"] | {"seen": 1, "written": 1, "cut_short": 0} == machine.manifest["counts"]
    assert (
        machine.manifest["coverage"] | {"watched": True, "source": "forward mode", "seen": 0}
        == (machine.manifest["coverage"])
    )
    assert machine.run("verify", "--run", str(machine.run_folder)).code == 0


def test_a_signed_request_reaches_its_host_as_it_was_signed(machine: Machine) -> None:
    path = "/model/eu.anthropic.claude%3A0/invoke-with-response-stream?b=2&a=%20x"
    body = os.urandom(20_000)
    headers = {"Content-Type": "application/json", "X-Amzn-Thing": "one  two", "Accept-Encoding": "identity"}
    headers = sigv4.signed("POST", f"https://{BEDROCK}{path}", headers, body, "eu-central-1")
    with (
        world(machine, BEDROCK) as (provider, options),
        forward(machine, *options, target="claude-code-bedrock-forward") as agent,
        agent_connection(agent, BEDROCK) as connection,
    ):
        connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        assert connection.getresponse().read() is not None
    (seen,) = provider.log.requests
    got = [(name, value) for name, value in seen.headers if name != "Content-Length"]
    assert got == list(headers.items())
    assert seen.path == path
    assert seen.wire.sha256 == hashlib.sha256(body).hexdigest()
    assert sigv4.is_signed(seen.method, seen.path, {name.lower(): value for name, value in seen.headers}, seen.body)
    record = only(machine)
    assert (record.listener, record.request.url) == ("model", f"https://{BEDROCK}{path}")
    assert record.request.sha256 == hashlib.sha256(body).hexdigest()
    # The signature is a credential for some minutes.
    assert "Signature=" not in (machine.run_folder / "traffic.jsonl").read_text()


@contextmanager
def agent_connection(agent: Forward, host: str) -> Iterator[HTTPSConnection]:
    """Connect as an agent does that is given NODE_EXTRA_CA_CERTS."""
    agent.bundle = agent.bundle.with_name("NODE_EXTRA_CA_CERTS.pem")
    with agent.connection(host) as connection:
        yield connection


def test_a_listener_can_lead_elsewhere_with_a_path_before_every_path(machine: Machine) -> None:
    def answer(handler: Handler) -> None:
        handler.whole(b"{}")

    with upstream_running({"/gateway/v1/responses": answer}) as upstream:
        with forward(machine, *elsewhere(f"{upstream.url}/gateway/", "model")) as agent:
            assert agent.ask() == (200, b"{}")
        host = upstream.url.removeprefix("http://")
    assert dict(upstream.seen[0][2])["Host"] == host
    assert only(machine).request.url == f"{upstream.url}/gateway/v1/responses"


def test_a_connection_that_is_kept_is_one_to_the_upstream_too(machine: Machine) -> None:
    def answer(handler: Handler) -> None:
        handler.whole(b"{}")

    with (
        upstream_running({PATH: answer}) as upstream,
        forward(machine, *elsewhere(upstream.url)) as agent,
        agent.connection() as connection,
    ):
        for _ in range(3):
            connection.request("POST", PATH, QUESTION, JSON)
            assert connection.getresponse().read() == b"{}"
        assert upstream.connections == 1
    assert [record.listener for record in machine.records] == ["model"] * 3


def test_events_come_one_by_one_as_they_are_sent(machine: Machine) -> None:
    def stream(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream()
        handler.chunk(b"data: first\n\n")
        wait_for(lambda: ("go", "", []) in handler.server.seen, "the reader")
        handler.chunk(b"data: second\n\n")
        handler.chunk(b"")

    with (
        upstream_running({PATH: stream}) as upstream,
        forward(machine, *elsewhere(upstream.url)) as agent,
        agent.connection() as connection,
    ):
        connection.request("POST", PATH, QUESTION, JSON)
        response = connection.getresponse()
        # The first event is here before the second was sent.
        assert read_until(response, b"first\n\n") == b"data: first\n\n"
        upstream.seen.append(("go", "", []))
        assert response.read() == b"data: second\n\n"
    response_record = only(machine).response
    assert response_record is not None
    assert response_record.body == "data: first\n\ndata: second\n\n"
    assert [offset for _, offset in response_record.pieces] == [0, 13]


def test_an_agent_that_leaves_early_leaves_a_record_of_what_had_come(machine: Machine) -> None:
    def stream(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream()
        handler.chunk(b"data: first\n\n")
        handler.rfile.read(1)

    with upstream_running({PATH: stream}) as upstream, forward(machine, *elsewhere(upstream.url)) as agent:
        with agent.connection() as connection:
            connection.request("POST", PATH, QUESTION, JSON)
            read_until(connection.getresponse(), b"first\n\n")
        record = agent.live.record(PATH)
    assert record.response is not None
    assert record.response.body == "data: first\n\n"
    assert record.error == "the agent disconnected before the answer ended"


def test_an_upstream_that_cannot_be_reached_is_a_502_and_a_record(machine: Machine) -> None:
    (nowhere,) = free_ports(1)
    with forward(machine, *elsewhere(f"http://127.0.0.1:{nowhere}")) as agent:
        assert agent.ask()[0] == 502
        assert agent.ask(path="/again")[0] == 502
    first, second = machine.records
    assert f"127.0.0.1:{nowhere}: " in (first.error or "")
    # A retry is on the record whole.
    assert second.request.sha256 == hashlib.sha256(QUESTION).hexdigest()


def test_an_upstream_whose_certificate_is_not_trusted_gets_no_request(machine: Machine) -> None:
    authority = Authority()
    with provider_running(ssl_context=authority.server_context()) as provider:
        with forward(machine, *elsewhere(f"https://127.0.0.1:{provider.port}")) as agent:
            assert agent.ask()[0] == 502
        assert provider.log.requests == []
    assert "ertificate verify failed" in (only(machine).error or "")


def test_a_websocket_is_recorded_message_by_message(machine: Machine) -> None:
    async def talk(agent: Forward) -> list[Any]:
        url, got = f"wss://{MODEL}/v1/responses", []
        async with aiohttp.ClientSession() as session:
            proxy = f"http://{agent.address}"
            async with session.ws_connect(
                url, proxy=proxy, ssl=agent.trusting, timeout=aiohttp.ClientWSTimeout()
            ) as ws:
                await ws.send_str("one")
                got.append((await ws.receive(15)).data)
                await ws.send_bytes(bytes(range(256)))
                got.append((await ws.receive(15)).data)
                await ws.send_str(CLOSE.decode())
                await ws.receive(15)
        return got

    with echo_running() as upstream, forward(machine, *elsewhere(upstream.url)) as agent:
        assert asyncio.run(talk(agent)) == ["one", bytes(range(256))]
    record = only(machine)
    assert record.websocket is not None
    told = [(message.direction, message.type, message.size) for message in record.websocket.messages]
    assert told[:4] == [
        ("client", "text", 3),
        ("server", "text", 3),
        ("client", "binary", 256),
        ("server", "binary", 256),
    ]
    assert (record.websocket.close_code, record.error) == (4001, None)


OFFERS = {
    "both": (["h2", "http/1.1"], "http/1.1"),
    "the old one": (["http/1.1"], "http/1.1"),
    "nothing": ([], None),
}


@pytest.mark.parametrize(("offered", "chosen"), OFFERS.values(), ids=OFFERS.keys())
def test_an_agent_that_offers_http2_is_answered_in_http1(machine: Machine, offered: list[str], chosen: object) -> None:
    with world(machine, MODEL) as (_, options), forward(machine, *options) as agent:
        context = agent.trusting
        if offered:
            context.set_alpn_protocols(offered)
        with agent.connection(context=context) as connection:
            connection.request("POST", PATH, QUESTION, JSON)
            assert connection.getresponse().status == 200
            assert isinstance(connection.sock, ssl.SSLSocket)
            assert connection.sock.selected_alpn_protocol() == chosen
    assert only(machine).request.http_version == "HTTP/1.1"


def test_a_plain_request_to_a_named_host_is_recorded_and_another_only_noted(machine: Machine) -> None:
    def answer(handler: Handler) -> None:
        handler.whole(b"plain")

    scripts = {"/v1/models": answer, "/private": answer}
    with upstream_running(scripts) as upstream, forward(machine, *elsewhere(upstream.url)) as agent:
        connection = connect(f"http://{agent.address}")
        # On one connection, and back again.
        for url in (f"http://{MODEL}/v1/models", f"{upstream.url}/private", f"http://{BACKEND}/v1/models"):
            connection.request("GET", url)
            assert connection.getresponse().read() == b"plain"
        connection.close()
        note = agent.note()
    assert [(one.listener, one.request.url) for one in machine.records] == [
        ("model", f"{upstream.url}/v1/models"),
        ("backend", f"{upstream.url}/v1/models"),
    ]
    assert (note["kind"], note["host"], note["received"]) == ("request", "127.0.0.1", 5)


@pytest.mark.parametrize("host", [MODEL, "API.OpenAI.com", "api.openai.com."])
def test_plain_http_inside_a_tunnel_is_recorded_too(machine: Machine, host: str) -> None:
    def answer(handler: Handler) -> None:
        handler.whole(b"plain")

    with (
        upstream_running({"/v1/models": answer}) as upstream,
        forward(machine, *elsewhere(upstream.url)) as agent,
        Tunnel(agent.address, f"{host}:80") as tunnel,
    ):
        # Its first byte alone does not tell TLS from HTTP.
        tunnel.send(b"G")
        tunnel.send(f"ET /v1/models HTTP/1.1\r\nHost: {OTHER}\r\nConnection: close\r\n\r\n".encode())
        assert tunnel.read().endswith(b"plain")
    record = only(machine)
    assert (record.listener, record.request.url) == ("model", f"{upstream.url}/v1/models")


def test_what_is_no_http_is_not_passed_on_to_anybody_and_noted(machine: Machine) -> None:
    (nowhere,) = free_ports(1)
    with forward(machine, *elsewhere(f"http://127.0.0.1:{nowhere}")) as agent:
        with Tunnel(agent.address, f"{MODEL}:443") as tunnel:
            tunnel.send(b"SSH-2.0-thing\r\n\r\n")
            assert tunnel.read().startswith(b"HTTP/1.1 400 ")
        note = agent.note()
    assert (note["kind"], note["host"], note["connected"]) == ("opened", MODEL, False)
    assert "does not use HTTP" in note["error"]
    assert machine.manifest["coverage"] | {"seen": 1, "noted": 1} == machine.manifest["coverage"]


# -- all others ---------------------------------------------------------------------------------------------------


def test_another_host_shows_its_own_certificate_and_is_counted_to_the_byte(machine: Machine) -> None:
    authority = Authority()
    with (
        provider_running(ssl_context=authority.server_context(OTHER)) as provider,
        proxy_running(hosts={OTHER: provider.port}) as proxy,
        forward(machine, f"--upstream-proxy={proxy.url}") as agent,
    ):
        direct = ssl.get_server_certificate(("127.0.0.1", provider.port))
        with Tunnel(agent.address, f"{OTHER}:443") as tunnel:
            tls = Tls(tunnel, authority.client_context(), OTHER)
            assert tls.certificate == ssl.PEM_cert_to_DER_cert(direct)
            answer = tls.ask(b"GET /v1/private HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
        note = agent.note()
    assert (note["sent"], note["received"]) == (tunnel.sent, tunnel.received)
    assert (note["kind"], note["host"], note["connected"], note["error"]) == ("tunnel", OTHER, True, None)
    assert machine.records == []
    for file in (path for path in machine.run_folder.iterdir() if path.is_file()):
        assert b"/v1/private" not in file.read_bytes(), file


NOT_NAMED = {
    "a name that ends like it": "xapi.openai.com",
    "a name that begins like it": "api.openai.com.example.test",
    "its parent": "openai.com",
}


@pytest.mark.parametrize("host", NOT_NAMED.values(), ids=NOT_NAMED.keys())
def test_only_the_very_host_is_opened(machine: Machine, host: str) -> None:
    authority = Authority()
    with (
        provider_running(ssl_context=authority.server_context(host)) as provider,
        proxy_running(hosts={host: provider.port}) as proxy,
        forward(machine, f"--upstream-proxy={proxy.url}") as agent,
        Tunnel(agent.address, f"{host}:443") as tunnel,
    ):
        direct = ssl.get_server_certificate(("127.0.0.1", provider.port))
        assert Tls(tunnel, authority.client_context(), host).certificate == ssl.PEM_cert_to_DER_cert(direct)


CREDENTIALS = "proxy-user:proxy-pass%40word"
BASIC = "Basic " + base64.b64encode(b"proxy-user:proxy-pass@word").decode()


@pytest.mark.parametrize("given", ["the option", "HTTPS_PROXY", "ALL_PROXY"])
def test_both_kinds_go_on_through_the_users_own_proxy(machine: Machine, given: str) -> None:
    authority = Authority()
    ca = machine.home.parent / "ca.pem"
    ca.write_bytes(authority.pem)
    with (
        provider_running(ssl_context=authority.server_context(MODEL, OTHER)) as provider,
        proxy_running(
            hosts={MODEL: provider.port, OTHER: provider.port}, credentials="proxy-user:proxy-pass@word"
        ) as proxy,
    ):
        url = f"http://{CREDENTIALS}@127.0.0.1:{proxy.port}"
        options = [f"--upstream-ca={ca}", *([f"--upstream-proxy={url}"] if given == "the option" else [])]
        with forward(machine, *options, env={} if given == "the option" else {given: url}) as agent:
            with Tunnel(agent.address, f"{OTHER}:443") as tunnel:
                Tls(tunnel, authority.client_context(), OTHER)
            assert agent.ask()[0] == 200
            agent.note()
    assert [(one.target, one.status, one.header("proxy-authorization")) for one in proxy.seen] == [
        (f"{OTHER}:443", 200, BASIC),
        (f"{MODEL}:443", 200, BASIC),
    ]
    assert only(machine).request.url == f"https://{MODEL}{PATH}"
    for file in (path for path in machine.data.rglob("*") if path.is_file()):
        for secret in (b"proxy-pass", BASIC.encode()):
            assert secret not in file.read_bytes(), file


# -- certificates -------------------------------------------------------------------------------------------------


def test_an_agent_that_refuses_the_certificate_is_a_problem_that_says_what_to_do(machine: Machine) -> None:
    with forward(machine) as agent:
        with agent.connection(context=ssl.create_default_context()) as connection, pytest.raises(ssl.SSLError):
            connection.request("POST", PATH, QUESTION, JSON)
        note = agent.note()
        ended = agent.live.end()
    assert ended.code == 1
    told = "the agent refused the certificate for api.openai.com: name its CA variable in ca_env, which has "
    assert f"WARNING: {told}SSL_CERT_FILE, CODEX_CA_CERTIFICATE (" in ended.stderr
    assert "does not heed HTTPS_PROXY, or takes its CA by another variable" in ended.stderr
    assert "it talked to other hosts instead" not in ended.stderr
    assert machine.manifest["problems"][0]["text"].startswith(told)
    assert (note["kind"], note["host"], note["connected"]) == ("opened", MODEL, False)
    assert note["error"].startswith("the agent refused the certificate: ")
    assert machine.records == []


def test_an_agent_that_leaves_without_a_request_is_noted(machine: Machine) -> None:
    with forward(machine) as agent:
        with agent.connection(context=ssl.create_default_context(cafile=str(agent.bundle))) as connection:
            connection.connect()
        note = agent.note()
        ended = agent.live.end()
    assert note["kind"] == "opened"
    assert note["error"].startswith("no request came through it: the agent may not trust the certificate")
    assert "note: the agent connected to api.openai.com without any request" in ended.stderr
    assert machine.manifest["problems"] == []


def test_a_connection_beside_one_that_asked_is_no_gap(machine: Machine) -> None:
    with world(machine, MODEL) as (_, options), forward(machine, *options) as agent:
        with agent.connection() as connection:
            connection.connect()
        agent.note()
        assert agent.ask()[0] == 200
        ended = agent.live.end()
    assert ended.code == 0
    assert "left without a request" not in ended.stderr
    assert "captured 1 of 1 host\n" in machine.run("verify", "--run", str(machine.run_folder)).stdout


def test_the_agent_trusts_what_it_would_alone_and_our_authority_and_gets_no_key(machine: Machine) -> None:
    own, theirs = machine.home.parent / "own.pem", Authority()
    own.write_bytes(b"-----BEGIN PRIVATE KEY-----\nTm90IGEga2V5\n-----END PRIVATE KEY-----\n" + theirs.pem)
    seen: dict[str, str] = {}
    with forward(machine, f"--env=SSL_CERT_FILE={own}", env={"CODEX_CA_CERTIFICATE": str(own)}) as agent:
        ours = (machine.data / ".mitmproxy" / "mitmproxy-ca-cert.pem").read_text()
        for file in agent.bundle.parent.iterdir():
            seen[file.name] = file.read_text()
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(seen) == {"SSL_CERT_FILE.pem", "CODEX_CA_CERTIFICATE.pem"}
    for text in seen.values():
        assert re.findall("-----BEGIN (.*)-----", text) == ["CERTIFICATE", "CERTIFICATE"]
        assert theirs.pem.decode().strip() in text
        assert ours.strip() in text
    # They go with the run.
    assert not agent.bundle.parent.exists()


def test_the_authority_is_ours_alone_and_nothing_is_installed(machine: Machine) -> None:
    with forward(machine) as agent:
        port = int(agent.address.rpartition(":")[2])
        listening = [one.laddr for one in agent.live.proxy_process.net_connections() if one.status == "LISTEN"]
        assert [(one.ip, one.port) for one in listening] == [("127.0.0.1", port)]
    folder = machine.data / ".mitmproxy"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    first = (folder / "mitmproxy-ca.pem").read_bytes()
    assert b"PRIVATE KEY" in first
    assert list(machine.home.rglob("*")) == []
    holders = [file for file in machine.data.rglob("*") if file.is_file() and b"PRIVATE KEY" in file.read_bytes()]
    assert holders == [folder / "mitmproxy-ca.pem"]
    # Others could read it; the next run mends that, and has the same authority.
    (folder / "mitmproxy-ca.pem").chmod(0o644)
    with forward(Machine(machine.home.parent / "second"), f"--data-dir={machine.data}"):
        pass
    assert (folder / "mitmproxy-ca.pem").read_bytes() == first
    assert stat.S_IMODE((folder / "mitmproxy-ca.pem").stat().st_mode) == 0o600


# -- a replay -----------------------------------------------------------------------------------------------------


def test_a_replay_answers_named_hosts_and_refuses_all_others(tmp_path: Path) -> None:
    recorded = Machine(tmp_path / "recorded")
    with world(recorded, MODEL) as (_, options), forward(recorded, *options) as agent:
        first = agent.ask()
    machine = Machine(tmp_path / "replayed")
    with proxy_running(hosts={OTHER: 9, MODEL: 9}) as proxy:
        env = {"HTTPS_PROXY": proxy.url, "ALL_PROXY": proxy.url, "NO_PROXY": f"{MODEL},{OTHER}"}
        with forward(machine, f"--replay={recorded.run_folder}", env=env) as agent:
            assert agent.ask() == first
            with Tunnel(agent.address, f"{OTHER}:443") as tunnel:
                assert tunnel.status == 502
                assert b"403" in tunnel.read()
            connection = connect(f"http://{agent.address}")
            connection.request("GET", f"http://{OTHER}/")
            assert connection.getresponse().status == 502
            connection.close()
            agent.note(2)
        assert proxy.seen == []
    assert [(one["host"], one["connected"]) for one in agent.notes] == [(OTHER, False), (OTHER, False)]
    assert only(machine).response is not None
    assert machine.manifest["replay_of"] == "codex-forward/run"
    assert machine.manifest["problems"] == []


# -- the environment ----------------------------------------------------------------------------------------------

_PRINT = "import json, os; print(json.dumps(dict(os.environ)))"


def printed(machine: Machine, *options: str, env: dict[str, str]) -> dict[str, str]:
    """Return the environment of an agent in forward mode."""
    told = machine.capture("--target=codex-forward", *options, "--", "python", "-c", _PRINT, env=env)
    found: dict[str, str] = json.loads(next(line for line in told.stdout.splitlines() if line.startswith("{")))
    return found


def test_the_agent_is_led_to_the_listener_whatever_the_users_own_settings_are(machine: Machine) -> None:
    env = {"NO_PROXY": f"corp.test, {MODEL},.openai.com", "no_proxy": "*", "HTTP_PROXY": "http://127.0.0.1:9"}
    given = printed(machine, env=env)
    address = f"http://{machine.manifest['coverage']['address']}"
    assert {given[name] for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")} == {address}
    assert given["NO_PROXY"] == "corp.test,127.0.0.1,localhost,::1"
    assert given["no_proxy"] == "127.0.0.1,localhost,::1"
    assert {Path(given[name]).name for name in ("SSL_CERT_FILE", "CODEX_CA_CERTIFICATE")} == {
        "SSL_CERT_FILE.pem",
        "CODEX_CA_CERTIFICATE.pem",
    }
    assert "OPENAI_BASE_URL" not in given
    changes = json.dumps(machine.manifest["observer_changes"])
    assert "TLS for api.openai.com ends at http://127.0.0.1:" in changes
    assert "it trusts agent-probe's certificate authority" in changes
    assert "the recorder sets it" not in changes


def test_a_store_that_is_no_store_is_a_mistake_told_before_the_agent_runs(machine: Machine) -> None:
    told = machine.capture(
        "--target=codex-forward", "--", "python", "-c", _PRINT, env={"SSL_CERT_FILE": "/nowhere.pem"}
    )
    assert told.code == 2
    assert "SSL_CERT_FILE=/nowhere.pem: No such file or directory" in told.stderr
    assert "{" not in told.stdout


def test_proxies_prints_what_to_export(machine: Machine) -> None:
    (port,) = free_ports(1)
    process = machine.start("proxies", "--target=codex-forward", f"--data-dir={machine.data}", f"--port=model={port}")
    with ending(process):
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if "Ctrl-C" in line:
                break
        with socket.create_connection(("127.0.0.1", port), 5):
            pass
        bundle = next(line.partition("=")[2] for line in lines if line.startswith("export SSL_CERT_FILE="))
        assert Path(bundle).is_file()
        process.terminate()
        process.communicate(timeout=20)
    assert f":{port} -> https://api.openai.com/  (Model API with a key)" in lines
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        assert f"export {name}=http://127.0.0.1:{port}" in lines
    assert not Path(bundle).exists()
