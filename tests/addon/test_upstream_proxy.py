"""What is said to an upstream proxy follows from its URL."""

from __future__ import annotations

import base64

import pytest
from mitmproxy.http import Request

from probe.addon.upstream_proxy import complete_connect, server_spec

SPECS = {
    "http://proxy.test:3128": ("http", ("proxy.test", 3128)),
    "http://me:word@proxy.test": ("http", ("proxy.test", 80)),
    "https://proxy.test": ("https", ("proxy.test", 443)),
    "http://[::1]:8080": ("http", ("::1", 8080)),
}


@pytest.mark.parametrize(("url", "spec"), SPECS.items())
def test_a_proxys_url_names_scheme_host_and_port(url: str, spec: object) -> None:
    assert server_spec(url) == spec


def connect(host: str) -> Request:
    """Make a CONNECT as mitmproxy does."""
    request = Request.make("CONNECT", "http://x/")
    request.host, request.port, request.authority = host, 443, f"{host}:443"
    request.headers["Host"] = f"{host}:443"
    return request


CREDENTIALS = {
    "none": ("http://proxy.test:1", None),
    "no proxy": (None, None),
    "a user and a password": ("http://me:word@proxy.test:1", b"me:word"),
    "a user alone": ("http://me@proxy.test:1", b"me:"),
    "escaped ones": ("http://m%40e:w%3Aord@proxy.test:1", b"m@e:w:ord"),
}


@pytest.mark.parametrize(("url", "credential"), CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_it_signs_in_where_the_url_names_a_user(url: str | None, credential: bytes | None) -> None:
    request = connect("api.example.test")
    complete_connect(request, url)
    expected = None if credential is None else "Basic " + base64.b64encode(credential).decode()
    assert request.headers.get("Proxy-Authorization") == expected
    assert (request.authority, request.headers["Host"]) == ("api.example.test:443", "api.example.test:443")


def test_an_ipv6_host_stands_in_brackets() -> None:
    request = connect("2001:db8::1")
    complete_connect(request, None)
    assert (request.authority, request.headers["Host"]) == ("[2001:db8::1]:443", "[2001:db8::1]:443")
