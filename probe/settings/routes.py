"""What each listener does in a run: its port, its upstream, the proxy on the way there."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from probe.errors import UserError
from probe.settings.own_upstreams import OwnUrl, base_urls, own_url
from probe.settings.settings import Route
from probe.settings.sources import DEFAULT, Sources, pairs
from probe.settings.upstream_proxy import LOOPBACK, leaves_out, without_credentials
from probe.targets.target import ListenerSpec, url_problem


def chosen_routes(given: Sources, proxy: str | None, *, inherited: bool, replaying: bool) -> dict[str, Route]:
    """Return the route of each listener. Raises UserError for impossible ones."""
    upstreams, ports = given.named("upstream"), _ports(given)
    own = _own_urls(given, upstreams, replaying=replaying)
    routes = {}
    for name, listener in given.target.listeners.items():
        port = _port(given.sources[f"port.{name}"], f"{name}={ports[name]}") if name in ports else None
        route = _route(name, listener, own.get(name), upstreams.get(name), port)
        direct = inherited and leaves_out(route.upstream, given.environ)
        routes[name] = route._replace(upstream_proxy=None if direct else proxy)
    for name in routes:
        _note_sources(given, name, own.get(name))
    _refuse_loops(routes)
    return routes


def _route(name: str, listener: ListenerSpec, own: OwnUrl | None, chosen: str | None, port: int | None) -> Route:
    """Return what one listener does; `chosen` and `port` are the user's, None where none is named."""
    as_asked = bool(listener.host) and chosen is None and not listener.upstream
    upstream = own.upstream if own else chosen or (f"https://{listener.host}" if as_asked else listener.upstream)
    if problem := url_problem(upstream):
        shown = without_credentials(upstream) if "@" in upstream else upstream
        raise UserError(f"upstream {name}={shown}: {problem}", f"for example {name}=https://api.openai.com")
    return Route(
        listener.port if port is None else port,
        port is not None,
        upstream,
        None,
        listener.purpose,
        drop=own.drop if own else "",
        own=own.variable if own else None,
        host=listener.host,
        as_asked=as_asked,
    )


def _note_sources(given: Sources, name: str, own: OwnUrl | None) -> None:
    if own:
        given.sources[f"drop.{name}"] = own.source
    for key in ("upstream", "port"):
        source = given.files.get(f"listeners.{name}.{key}") or given.files[f"listeners.{name}.host"]
        given.sources.setdefault(f"{key}.{name}", source)
    given.sources[f"upstream_proxy.{name}"] = given.sources["upstream_proxy"]


def _ports(given: Sources) -> dict[str, str]:
    """Return the ports that the user names; in forward mode one port is for all listeners."""
    ports = given.named("port")
    if not given.target.mode.shares_port or not ports:
        return ports
    (name, port), *others = ports.items()
    if any(other != port for _, other in others):
        raise UserError("in forward mode all listeners share one port", f"name one: --port {name}={port}")
    for one in given.target.listeners:
        given.sources[f"port.{one}"] = given.sources[f"port.{name}"]
    return dict.fromkeys(given.target.listeners, port)


def _own_urls(given: Sources, chosen: Mapping[str, str], *, replaying: bool) -> dict[str, OwnUrl]:
    """Return the URLs that the user's own variables (OPENAI_BASE_URL and the like) have for listeners."""
    own_env = pairs("env", given.option("env") or [])
    found = {}
    for name in given.target.listeners:
        outranked = _outranked(given, name, chosen, replaying=replaying)
        if outranked:
            mine = [one for one, base in base_urls(given.target).items() if base.listener == name]
            given.notes += [f"note: --env {one} is not used: {outranked}" for one in mine if own_env.get(one)]
            continue
        own, note = own_url(given.target, name, given.environ, own_env)
        if note:
            given.notes.append(f"note: {note}")
        if own:
            found[name] = own
            given.sources[f"upstream.{name}"] = own.source
            given.notes.append(f"{name} -> {own.upstream} (from {own.source.removeprefix('environment ')})")
    return found


def _outranked(given: Sources, name: str, chosen: Mapping[str, str], *, replaying: bool) -> str | None:
    """Return what takes precedence over the user's own base URL for a listener; None when nothing does."""
    source = given.files.get(f"listeners.{name}.upstream", DEFAULT)
    if replaying:
        return "a recorded run answers"
    if name in chosen:
        return f"upstream {name}={without_credentials(chosen[name])} is given ({given.sources[f'upstream.{name}']})"
    return f"{source} names an upstream" if source.endswith(".local.yaml") else None


def _port(source: str, pair: str) -> int:
    value = pair.partition("=")[2]
    if value.isascii() and value.isdigit() and 1 <= int(value) <= 65535:
        return int(value)
    raise UserError(f"port {pair} ({source}): not a port", "ports are 1 to 65535")


def _refuse_loops(routes: Mapping[str, Route]) -> None:
    """Raise UserError if two listeners share a port, or an upstream is a listener.

    `probe.wire.own_listeners` checks upstreams from the user's own variables: a local model may use a target's port.
    """
    ports: dict[int, str] = {}
    for name, route in routes.items():
        if route.port in ports and not route.host:
            raise UserError(
                f"port {route.port} is both {ports[route.port]!r} and {name!r}", f"use --port {name}=ANOTHER"
            )
        ports[route.port] = name
    for name, route in routes.items():
        if route.own:
            continue
        parts = urlsplit(route.upstream)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.hostname in LOOPBACK and port in ports:
            raise UserError(
                f"upstream {name}={route.upstream} is the listener {ports[port]!r}",
                "name the server that it should reach, or give the listener another --port",
            )
