"""The proxy through which upstreams are reached: the user's own HTTPS_PROXY unless another one is named."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from probe.errors import UserError
from probe.settings.sources import Sources

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def chosen_proxy(given: Sources, *, replaying: bool) -> tuple[str | None, bool]:
    """Return the upstream proxy, and whether it is only inherited from the user's HTTPS_PROXY."""
    if replaying and given.option("upstream_proxy") is None:
        given.sources["upstream_proxy"] = "off in a replay"
        return None, False
    value = given.pick("upstream_proxy", None)
    inherited = False
    if value is None:
        name = next((name for name in given.target.mode.inherited_proxies if given.environ.get(name)), None)
        if name:
            value, inherited = given.environ[name], True
            given.sources["upstream_proxy"] = f"environment {name}"
    if not value:
        return None, False
    return proxy_url(value, given.sources["upstream_proxy"]), inherited


def proxy_url(value: str, source: str) -> str:
    """Return a proxy's URL, with http:// by default. Raises UserError if it is invalid."""
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = without_credentials(value)
        raise UserError(
            f"upstream proxy {shown!r} ({source}) is not http://host:port",
            "only HTTP proxies are supported; --upstream-proxy '' connects directly",
        )
    return url


def leaves_out(upstream: str, environ: Mapping[str, str]) -> bool:
    """Check whether the user's proxy does not apply to a host: loopback, or one in NO_PROXY."""
    host = urlsplit(upstream).hostname or ""
    return host in LOOPBACK or bypassed(host, environ.get("NO_PROXY") or environ.get("no_proxy") or "")


def bypassed(host: str, no_proxy: str) -> bool:
    """Check whether NO_PROXY matches a host."""
    import urllib.request  # Here, since it loads an HTTP client and TLS, which most scripts do without.

    return bool(urllib.request.proxy_bypass_environment(host, {"no": no_proxy}))  # type: ignore[attr-defined]


def without_credentials(url: str | None) -> str | None:
    """Return a URL without its user info."""
    if url is None or "@" not in url:
        return url
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return urlunsplit(parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}"))
