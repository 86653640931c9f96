"""Reverse and forward mode: what each does from the choice of ports to the end of a run, and what the agent sees of it.

Both classes have the same methods.
"""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from probe.errors import UserError
from probe.settings.own_upstreams import base_urls
from probe.settings.settings import Settings
from probe.settings.upstream_proxy import without_credentials
from probe.targets.modes import FORWARD
from probe.targets.target import Change
from probe.wire.certificate_authority import CERTIFICATE, authority_folder, write_trusted
from probe.wire.ports import Ports, free_ports, require_free


class ReverseMode:
    """Each listener is in front of one upstream, and the agent's base URL is its address."""

    def choose_ports(self, settings: Settings, *, fixed: bool) -> Ports:
        """Return the ports to open; `fixed` uses the configured ones. Raises UserError if one is taken."""
        wanted = {name: route.port for name, route in settings.routes.items() if fixed or route.chosen}
        for name, port in wanted.items():
            require_free(name, port)
        others = [name for name in settings.routes if name not in wanted]
        free = free_ports(len(others) + settings.coverage)
        coverage = free.pop() if settings.coverage else None
        return Ports(listeners=wanted | dict(zip(others, free, strict=True)), coverage=coverage)

    def addresses(self, ports: Ports) -> dict[str, str]:
        """Return the values of `{model.url}`, `{model.port}` and the like."""
        values = {f"{name}.url": url for name, url in ports.urls.items()}
        return values | {f"{name}.port": str(port) for name, port in ports.listeners.items()}

    def write_trusted(self, settings: Settings, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
        """Write the certificates that the agent must trust; return its variables with their files. Raises UserError."""
        return {}

    def checked_urls(self, settings: Settings, urls: Mapping[str, str]) -> dict[str, str]:
        """Return by listener the URL to request in order to check its upstream."""
        # The list of models, if the target has the path of the API.
        below = {base.listener: base.suffix for base in base_urls(settings.target).values() if base.suffix}
        return {name: f"{url}{below[name]}/models" if name in below else f"{url}/" for name, url in urls.items()}

    def handlers(self, settings: Settings, coverage_url: str | None) -> list[urllib.request.BaseHandler]:
        """Return `urllib` handlers that use the listeners as the agent does."""
        return [urllib.request.ProxyHandler({})]

    def changes(self, settings: Settings) -> Iterator[Change]:
        """Yield the changes for the agent that do not depend on the upstreams."""
        yield from ()

    def host_changes(self, settings: Settings) -> Iterator[Change]:
        """Yield changes of the Host header that the agent sent."""
        yield Change(
            what="The Host header names the upstream; the agent sent the listener's address",
            why="the agent calls the listener, and the upstream expects its own name",
        )

    def why_no_proxy(self) -> str:
        """Return the reason for the value of NO_PROXY."""
        return "the listeners are on this machine and must not be reached through a proxy"

    def why_led(self, settings: Settings) -> str:
        """Return why the agent gets a proxy."""
        proxy, source = settings.coverage_upstream_proxy, settings.sources["coverage"]
        on = f", on to {without_credentials(proxy)}" if proxy else ""
        text = f"connections that bypass the listeners pass through one more{on}, undecrypted; host and bytes are noted"
        return f"{text} ({source})"


class ForwardMode:
    """All listeners are behind one port, a proxy that decrypts the TLS of the hosts that the target names."""

    def choose_ports(self, settings: Settings, *, fixed: bool) -> Ports:
        name, route = next(iter(settings.routes.items()))
        wanted = fixed or route.chosen
        if wanted:
            require_free(name, route.port)
        port = route.port if wanted else free_ports(1)[0]
        return Ports(listeners=dict.fromkeys(settings.routes, port), coverage=port)

    def addresses(self, ports: Ports) -> dict[str, str]:
        # The agent calls the hosts themselves: there is no other URL.
        return {}

    def write_trusted(self, settings: Settings, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
        names, store = settings.target.ca_env, settings.system_store
        try:
            return write_trusted(folder, names, environ, settings.data_dir, store)
        except OSError as error:
            raise UserError(f"the agent's CA file cannot be written: {error}") from error

    def checked_urls(self, settings: Settings, urls: Mapping[str, str]) -> dict[str, str]:
        hosts = {name: route.host or "" for name, route in settings.routes.items()}
        return {name: f"https://{host}/" for name, host in hosts.items() if not set(host) & set("*?[")}

    def handlers(self, settings: Settings, coverage_url: str | None) -> list[urllib.request.BaseHandler]:
        trusted = ssl.create_default_context(cafile=authority_folder(settings.data_dir) / CERTIFICATE)
        proxy = urllib.request.ProxyHandler({"https": coverage_url or ""})
        return [proxy, urllib.request.HTTPSHandler(context=trusted)]

    def changes(self, settings: Settings) -> Iterator[Change]:
        yield Change(
            what="For the hosts of the listeners, TLS is the listener's, and HTTP/1.1 replaces HTTP/2",
            why="the listener takes the upstream's place; all other hosts are passed through with their own TLS",
        )

    def host_changes(self, settings: Settings) -> Iterator[Change]:
        for name, route in settings.routes.items():
            if not route.as_asked:
                yield Change(
                    what=f"The Host header names the upstream; the agent sent {route.host} (listener {name})",
                    why=f"the upstream expects its own name ({settings.sources[f'upstream.{name}']})",
                )

    def why_no_proxy(self) -> str:
        return "this machine is reached directly; no other name may bypass the proxy for the target's hosts"

    def why_led(self, settings: Settings) -> str:
        hosts = ", ".join(str(route.host) for route in settings.routes.values())
        return f"all its connections go to the listener, which decrypts those to {hosts} and passes the rest through"


def mode_of(settings: Settings) -> ReverseMode | ForwardMode:
    """Return the mode in which a run is recorded."""
    return ForwardMode() if settings.target.mode is FORWARD else ReverseMode()
