"""What a browser sends for a page of elsewhere is told from what agents send."""

from __future__ import annotations

import pytest
from mitmproxy.http import Headers

from probe.addon.web_pages import is_this_machine, refusal

UPSTREAM = "api.example.test"

PASS = {
    "no headers of a browser": ({}, "127.0.0.1:8080"),
    "no Host, as HTTP/1.0 has it": ({}, None),
    "another spelling of this machine": ({}, "127.1:8080"),
    "IPv6": ({}, "[::1]:8080"),
    "localhost": ({}, "LocalHost:8080"),
    "a name below localhost": ({}, "agent.localhost"),
    "the upstream's own name": ({}, UPSTREAM),
    "a page of this machine": ({"Origin": "http://localhost:3000"}, "127.0.0.1:8080"),
    "a page of this machine over TLS": ({"Origin": "https://127.0.0.1"}, "127.0.0.1:8080"),
    "an origin that says nothing": ({"Origin": "null"}, "127.0.0.1:8080"),
    "an agent that is a browser": (
        {"Origin": "vscode-file://vscode-app", "Sec-Fetch-Site": "cross-site"},
        "127.0.0.1:8080",
    ),
    "a browser's extension": ({"Origin": "chrome-extension://abc"}, "127.0.0.1:8080"),
    "a fetch of the same site": ({"Sec-Fetch-Site": "same-origin"}, "127.0.0.1:8080"),
}
REFUSED = {
    "a page of elsewhere": ({"Origin": "https://evil.example"}, "127.0.0.1:8080"),
    "a page of elsewhere without TLS": ({"Origin": "HTTP://evil.example:8080"}, "127.0.0.1:8080"),
    "a page that is named like this machine": ({"Origin": "http://localhost.evil.example"}, "127.0.0.1:8080"),
    "a page whose host is no host": ({"Origin": "http://[evil"}, "127.0.0.1:8080"),
    "an image or a link": ({"Sec-Fetch-Site": "cross-site"}, "127.0.0.1:8080"),
    "a name that leads here": ({}, "rebound.evil.example:8080"),
    "an address of elsewhere": ({}, "192.0.2.1:8080"),
    "a page of the upstream's host": ({"Origin": f"https://{UPSTREAM}"}, "127.0.0.1:8080"),
}


@pytest.mark.parametrize(("headers", "host"), PASS.values(), ids=PASS.keys())
def test_what_agents_send_passes(headers: dict[str, str], host: str | None) -> None:
    fields = Headers([(name.encode(), value.encode()) for name, value in headers.items()])
    assert refusal(fields, host, UPSTREAM, ()) is None


@pytest.mark.parametrize(("headers", "host"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_page_of_elsewhere_sends_is_refused(headers: dict[str, str], host: str) -> None:
    fields = Headers([(name.encode(), value.encode()) for name, value in headers.items()])
    assert "allow_hosts" in (refusal(fields, host, UPSTREAM, ()) or "")
    assert "allow_hosts" in (refusal(fields, host, UPSTREAM, ["other.example"]) or "")


def test_what_the_user_allows_passes() -> None:
    fields = Headers([(b"Origin", b"https://app.example"), (b"Origin", b"https://www.app.example")])
    assert refusal(fields, "host.docker.internal:8080", UPSTREAM, ["*app.example", "Host.Docker.Internal"]) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "017700000001", "::1", "::",
             "::ffff:127.0.0.1", "localhost"]
)  # fmt: skip
def test_every_spelling_of_this_machine_is_known(host: str) -> None:
    assert is_this_machine(host)
