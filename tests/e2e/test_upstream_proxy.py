"""The upstream proxy is really chained, gets its own credentials only, and its failures are told."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import pytest

from probe.record.exchange import Exchange
from probe.wire.ports import free_ports
from tests.support.captures import Listening, Machine
from tests.support.certificates import Authority
from tests.support.client import ask
from tests.support.forward_proxy import ForwardProxy, proxy_running
from tests.support.provider import Provider, provider_running

pytestmark = pytest.mark.slow

HOST = "api.example.test"
CREDENTIALS = "proxy-user:proxy-pass%40word"
BASIC = "Basic " + base64.b64encode(b"proxy-user:proxy-pass@word").decode()
OWN = {"Authorization": "Bearer sk-agents-own", "Content-Type": "application/json"}
QUESTION = b'{"model":"test-model","input":"Hello"}'
PATH = "/v1/responses"


@contextmanager
def chained(machine: Machine, scheme: str) -> Iterator[tuple[Provider, ForwardProxy, Listening]]:
    """Capture in front of an upstream that only the forward proxy can reach: it alone knows the host's name."""
    authority = Authority()
    ca = machine.home.parent / "ca.pem"
    ca.write_bytes(authority.pem)
    context = authority.server_context() if scheme == "https" else None
    options = [f"--upstream=model={scheme}://{HOST}", f"--upstream-ca={ca}"]
    with (
        provider_running(ssl_context=context) as provider,
        proxy_running(hosts={HOST: provider.port}, credentials="proxy-user:proxy-pass@word") as forward,
    ):
        url = f"http://{CREDENTIALS}@127.0.0.1:{forward.port}"
        with machine.listening(*options, f"--upstream-proxy={url}") as live:
            yield provider, forward, live
            live.end()
        provider.log.wait_settled()


def _check_chain(provider: Provider, forward: ForwardProxy, scheme: str) -> None:
    """Check that there was one tunnel, and who got which credentials."""
    target = f"{HOST}:{443 if scheme == 'https' else 80}"
    assert [(seen.method, seen.target, seen.status) for seen in forward.seen] == [("CONNECT", target, 200)]
    assert forward.seen[0].header("proxy-authorization") == BASIC
    assert "agents-own" not in str(forward.seen)
    (received,) = provider.log.requests
    assert received.header("authorization") == OWN["Authorization"]
    assert [name for name, _ in received.headers if name.lower().startswith("proxy-")] == []
    assert received.header("host") == HOST


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_request_goes_through_the_proxy(machine: Machine, scheme: str) -> None:
    with chained(machine, scheme) as (provider, forward, live):
        answer = ask(live.url + PATH, QUESTION, headers=OWN)
    _check_chain(provider, forward, scheme)
    (exchange,) = machine.records
    assert (answer.status, exchange.error, exchange.request.url) == (200, None, f"{scheme}://{HOST}{PATH}")
    assert exchange.response is not None
    assert exchange.response.sha256 == provider.log.responses[0].decoded.sha256


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_websocket_goes_through_the_proxy(machine: Machine, scheme: str) -> None:
    with chained(machine, scheme) as (provider, forward, live):
        asyncio.run(_converse(live.url + PATH))
    _check_chain(provider, forward, scheme)
    (exchange,) = machine.records
    assert exchange.websocket is not None
    sent = [(one.direction, one.decoded.sha256) for one in provider.log.messages]
    assert [(one.direction, one.sha256) for one in exchange.websocket.messages] == sent
    assert len(sent) > 2


async def _converse(url: str) -> None:
    """Ask for one turn over a WebSocket and read it to its end."""
    headers = {"Authorization": OWN["Authorization"]}
    async with (
        asyncio.timeout(20),
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers) as ws,
    ):
        await ws.send_str(json.dumps({"type": "response.create", "input": "Hello"}))
        while "response.completed" not in (await ws.receive_str())[:40]:
            pass


def test_the_proxys_password_is_not_written_down(machine: Machine) -> None:
    with chained(machine, "http") as (_, _, live):
        ask(live.url + PATH, QUESTION, headers=OWN)
    for path in (path for path in machine.data.rglob("*") if path.is_file()):
        assert b"proxy-pass" not in path.read_bytes(), path
    assert machine.manifest["listeners"]["model"]["upstream_proxy"].startswith("http://…@127.0.0.1:")


# -- which proxy is used ----------------------------------------------------------------------------------------

# An address of loopback that is not on the list of those that an inherited proxy is never used for.
NEAR = "127.1"
CHOICES: dict[str, tuple[dict[str, str], list[str], bool]] = {
    "the user's own HTTPS_PROXY": ({"HTTPS_PROXY": "{proxy}"}, [], True),
    "the same in lower case": ({"https_proxy": "{proxy}"}, [], True),
    "HTTPS_PROXY, switched off": ({"HTTPS_PROXY": "{proxy}"}, ["--upstream-proxy="], False),
    "HTTPS_PROXY, switched off in the environment": (
        {"HTTPS_PROXY": "{proxy}", "PROBE_UPSTREAM_PROXY": ""},
        [],
        False,
    ),
    "HTTPS_PROXY with the host in NO_PROXY": ({"HTTPS_PROXY": "{proxy}", "NO_PROXY": NEAR}, [], False),
    "HTTP_PROXY alone": ({"HTTP_PROXY": "{proxy}"}, [], False),
    "the option, whatever NO_PROXY says": ({"NO_PROXY": NEAR}, ["--upstream-proxy={proxy}"], True),
}


@pytest.mark.parametrize(("env", "options", "through"), CHOICES.values(), ids=CHOICES.keys())
def test_which_proxy_is_used(machine: Machine, env: dict[str, str], options: list[str], through: bool) -> None:
    with provider_running() as provider, proxy_running(hosts={NEAR: provider.port}) as forward:
        upstream = f"--upstream=model=http://{NEAR}:{provider.port}"
        with machine.listening(upstream, *_filled(options, forward), env=_filled_env(env, forward)) as live:
            assert ask(live.url + PATH, QUESTION).status == 200
        provider.log.wait_settled()
    assert [seen.method for seen in forward.seen] == (["CONNECT"] if through else [])


def _filled(options: list[str], forward: ForwardProxy) -> list[str]:
    return [option.replace("{proxy}", forward.url) for option in options]


def _filled_env(env: Mapping[str, str], forward: ForwardProxy) -> dict[str, str]:
    return {name: value.replace("{proxy}", forward.url) for name, value in env.items()}


# -- what goes wrong --------------------------------------------------------------------------------------------


def test_a_proxy_that_is_down_is_told_before_the_agent_starts(machine: Machine) -> None:
    (port,) = free_ports(1)
    proxy = f"--upstream-proxy=http://me:pass-of-mine@127.0.0.1:{port}"
    started = machine.workspace / "started"
    agent = [sys.executable, "-c", f"open({str(started)!r}, 'w')"]
    ended = machine.capture(f"--upstream=model=https://{HOST}", proxy, "--", *agent)
    assert (ended.code, ended.stdout, started.exists()) == (2, "", False)
    assert f"error: upstream proxy (command line) cannot be reached: 127.0.0.1:{port}: connection refused" in (
        ended.stderr
    )
    assert "hint: start it, name another with --upstream-proxy, or go direct with --upstream-proxy ''" in ended.stderr
    assert "pass-of-mine" not in ended.stderr
    assert not machine.run_folder.exists()


def _failed(machine: Machine, forward: ForwardProxy, scheme: str, *options: str) -> tuple[int, Exchange]:
    """Ask through a proxy where it must fail; give the status that the agent gets, and the record."""
    chain = [f"--upstream=model={scheme}://{HOST}", f"--upstream-proxy={forward.url}", *options]
    with machine.listening(*chain) as live:
        status = ask(live.url + PATH, QUESTION, headers=OWN).status
        return status, live.record(PATH)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_proxy_that_wants_other_credentials_is_a_502_and_a_record(machine: Machine, scheme: str) -> None:
    with proxy_running(hosts={HOST: 9}, credentials="somebody:else") as forward:
        forward_with_wrong = ForwardProxy(port=forward.port, credentials="me:wrong-word")
        status, exchange = _failed(machine, forward_with_wrong, scheme)
    assert [seen.status for seen in forward.seen] == [407]
    assert (status, exchange.response) == (502, None)
    assert "407" in str(exchange.error)
    assert "wrong-word" not in str(exchange)


def test_a_host_that_the_proxy_cannot_reach_is_a_502_and_a_record(machine: Machine) -> None:
    with proxy_running() as forward:
        status, exchange = _failed(machine, forward, "https")
    assert (status, exchange.response) == (502, None)
    assert "502" in str(exchange.error)


def test_a_certificate_of_an_unknown_authority_is_a_502_and_a_record(machine: Machine) -> None:
    trusted = machine.home.parent / "other.pem"
    trusted.write_bytes(Authority().pem)
    with (
        provider_running(ssl_context=Authority().server_context()) as provider,
        proxy_running(hosts={HOST: provider.port}) as forward,
    ):
        status, exchange = _failed(machine, forward, "https", f"--upstream-ca={trusted}")
    assert (status, exchange.response, provider.log.requests) == (502, None, [])
    assert "certificate verify failed" in str(exchange.error).lower()
