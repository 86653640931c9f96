"""Which hosts were captured and which only seen is counted the same way whatever the order."""

from __future__ import annotations

from typing import Any

import pytest

from probe.analysis.hosts import MAX_HOSTS, OTHERS, Hosts, HostsBuilder
from probe.record.exchange import Exchange, Message, Request, Response, WebSocket
from probe.record.manifest_fields import CoverageFacts
from probe.record.tunnels import Tunnel
from tests.trace.tracing import trace_of

WATCHED = CoverageFacts(watched=True, source="targets/codex.yaml")


def exchange(url: str, listener: str | None = "model", **more: Any) -> Exchange:
    request = Request(method="POST", url=url, body="x", size=10)
    return Exchange(
        timestamp=1.0, request=request, response=Response(status_code=200, size=100), listener=listener, **more
    )


def unanswered(url: str, size: int = 0) -> Exchange:
    return Exchange(timestamp=1.0, request=Request(method="POST", url=url, body=None, size=size), error="refused")


def tunnel(host: str, port: int = 443, *, connected: bool = True) -> Tunnel:
    size = 1000 if connected else 0
    return Tunnel(host=host, port=port, started=1.0, ended=2.0, sent=size, received=2 * size, connected=connected)


def counted(*seen: Exchange | Tunnel, coverage: CoverageFacts | None = WATCHED) -> Hosts:
    builder = HostsBuilder()
    for one in trace_of(one for one in seen if isinstance(one, Exchange)).exchanges:
        builder.add(one)
    builder.add_tunnels(one for one in seen if isinstance(one, Tunnel))
    return builder.hosts(coverage)


def rows(found: Hosts) -> list[tuple[Any, ...]]:
    return [(one.name, one.captured, one.requests, one.sent, one.received, one.unreached) for one in found.hosts]


def test_captured_hosts_come_first_and_are_summed_by_host_and_port() -> None:
    seen: list[Exchange | Tunnel] = [
        tunnel("github.com"),
        exchange("https://api.example.test/v1/a"),
        exchange("https://api.example.test:443/v1/b?x=1", "other"),
        tunnel("github.com", connected=False),
        exchange("http://api.example.test/"),
    ]
    found = counted(*seen)
    assert rows(found) == [
        ("api.example.test:443", True, 2, 20, 200, 0),
        ("api.example.test:80", True, 1, 10, 100, 0),
        ("github.com:443", False, 2, 1000, 2000, 1),
    ]
    assert found.hosts[0].listeners == {"model", "other"}
    assert rows(counted(*reversed(seen))) == rows(found)


def test_what_went_over_a_websocket_is_counted() -> None:
    messages = [
        Message(timestamp=1.0, direction=direction, type="text", content="x" * size, size=size)
        for direction, size in (("client", 5), ("server", 7))
    ]
    found = counted(exchange("wss://api.example.test/v1", websocket=WebSocket(messages=messages)))
    assert rows(found) == [("api.example.test:443", True, 1, 15, 107, 0)]


NAMES = {
    "an IPv6 address": ("https://[::1]:8443/x", "[::1]:8443"),
    "another case": ("https://API.Example.test/x", "api.example.test:443"),
    "a URL that is none": ("http://[::1/x", "http://[::1/x"),
    "a path alone": ("/v1/x", "(no host)"),
    "a port that is none": ("https://api.example.test:99999/", "https://api.example.test:99999/"),
}


@pytest.mark.parametrize(("url", "name"), NAMES.values(), ids=NAMES.keys())
def test_a_host_is_named_by_host_and_port(url: str, name: str) -> None:
    assert counted(exchange(url)).captured == [name]


API = exchange("https://api.example.test/")
WORDS: dict[str, tuple[list[Exchange | Tunnel], CoverageFacts | None, str]] = {
    "all captured": ([API], WATCHED, "captured 1 of 1 host"),
    "one only seen": ([API, tunnel("b.test")], WATCHED, "captured 1 of 2 hosts; only seen: b.test:443"),
    "one not reached": (
        [API, tunnel("b.test", connected=False)],
        WATCHED,
        "captured 1 of 2 hosts; only seen: b.test:443 (not reached)",
    ),
    "one that was reached at last": (
        [API, tunnel("b.test", connected=False), tunnel("b.test")],
        WATCHED,
        "captured 1 of 2 hosts; only seen: b.test:443",
    ),
    "captured, and around as well": (
        [API, tunnel("api.example.test")],
        WATCHED,
        "captured 1 of 1 host; captured, but with tunnels beside: api.example.test:443",
    ),
    "nothing at all": ([], WATCHED, "captured 0 of 0 hosts"),
    "not watched": (
        [API],
        CoverageFacts(watched=False, source="default"),
        "captured 1 host; what bypassed the listeners was not watched (--coverage)",
    ),
    "a replay": (
        [API],
        CoverageFacts(watched=False, source="off in a replay"),
        "captured 1 host; what bypassed the listeners was not watched (off in a replay)",
    ),
    "an upstream that was never reached": (
        [unanswered("https://api.example.test/")],
        WATCHED,
        "captured 0 of 1 host; not reached: api.example.test:443",
    ),
    "one that was reached and never answered": (
        [unanswered("https://api.example.test/", size=10)],
        WATCHED,
        "captured 1 of 1 host",
    ),
    "an older run": (
        [API],
        CoverageFacts(),
        "captured 1 host; what bypassed the listeners was not watched (--coverage)",
    ),
    "a file from elsewhere": ([API], None, "captured 1 host"),
    "very many": (
        [tunnel(f"{number:02}.test") for number in range(25)],
        WATCHED,
        f"captured 0 of 25 hosts; only seen: {', '.join(f'{number:02}.test:443' for number in range(20))} and 5 more",
    ),
}


@pytest.mark.parametrize(("seen", "coverage", "words"), WORDS.values(), ids=WORDS.keys())
def test_coverage_is_told_in_a_sentence(
    seen: list[Exchange | Tunnel], coverage: CoverageFacts | None, words: str
) -> None:
    assert counted(*seen, coverage=coverage).in_words() == words


def test_hosts_without_end_are_counted_together() -> None:
    found = counted(API, *(tunnel(f"{number}.test") for number in range(MAX_HOSTS + 5)))
    assert len(found.hosts) == MAX_HOSTS + 1
    assert rows(found)[1] == (OTHERS, False, 6, 6000, 12_000, 0)
