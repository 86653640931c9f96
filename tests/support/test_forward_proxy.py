"""Reach local servers through the forward proxy, and read what it saw."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.support.certificates import Authority
from tests.support.forward_proxy import ForwardProxy, proxy_running
from tests.support.provider import provider_running

pytestmark = pytest.mark.timeout(30)


async def _post(url: str, proxy: ForwardProxy, **options: Any) -> tuple[int, str]:
    """Post a turn through the proxy; give status and body."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json={"input": "Hello"}, proxy=proxy.url, **options) as answer,
    ):
        return answer.status, await answer.text()


def test_a_tunnel_reaches_the_local_stand_in_of_a_host() -> None:
    authority = Authority()
    with (
        provider_running(ssl_context=authority.server_context()) as provider,
        proxy_running(hosts={"api.example.test": provider.port}, credentials="user:word") as proxy,
    ):
        url = "https://api.example.test/v1/responses"
        status, text = asyncio.run(_post(url, proxy, ssl=authority.client_context()))
    assert (status, '"status": "completed"' in text) == (200, True)
    assert [(seen.method, seen.target) for seen in proxy.seen] == [("CONNECT", "api.example.test:443")]
    assert proxy.seen[0].header("proxy-authorization") == "Basic dXNlcjp3b3Jk"


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_plain_request_is_passed_on_and_seen_whole(scheme: str) -> None:
    async def talk(proxy: ForwardProxy) -> None:
        url = f"{scheme}://api.example.test/v1/responses?a=b"
        if scheme == "http":
            assert (await _post(url, proxy))[0] == 200
            return
        async with aiohttp.ClientSession() as session, session.ws_connect(url, proxy=proxy.url) as socket:
            await socket.send_str('{"input": "Hello"}')
            assert "response.created" in await socket.receive_str(timeout=5)

    with provider_running() as provider, proxy_running(hosts={"api.example.test": provider.port}) as proxy:
        asyncio.run(talk(proxy))
        provider.log.wait_settled()
    assert [request.path for request in provider.log.requests] == ["/v1/responses?a=b"]
    assert [seen.body for seen in proxy.seen] == [request.body for request in provider.log.requests]


REFUSALS: dict[str, tuple[dict[str, Any], str, int]] = {
    "an unknown host": ({}, "http://elsewhere.example.test/", 502),
    "a request that is only looked at": (
        {"forward_plain": False},
        "http://elsewhere.example.test/",
        200,
    ),
    "a dead port": ({"hosts": {"api.example.test": 1}}, "http://api.example.test/", 502),
}


@pytest.mark.parametrize(("options", "url", "status"), REFUSALS.values(), ids=REFUSALS.keys())
def test_nothing_leaves_loopback(options: dict[str, Any], url: str, status: int) -> None:
    with proxy_running(**options) as proxy:
        assert asyncio.run(_post(url, proxy))[0] == status
    assert [(seen.target, seen.body) for seen in proxy.seen] == [(url, b'{"input": "Hello"}')]


def test_without_credentials_it_answers_407() -> None:
    async def ask(port: int) -> int:
        return (await _post("http://127.0.0.1:1/", ForwardProxy(port=port)))[0]

    with proxy_running(credentials="user:word") as proxy:
        assert asyncio.run(ask(proxy.port)) == 407
    assert [seen.status for seen in proxy.seen] == [407]
