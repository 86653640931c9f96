"""Refuse upstreams that are listeners of agent-probe, which would record twice or loop."""

from __future__ import annotations

import contextlib

import psutil

from probe.addon.web_pages import is_this_machine
from probe.errors import UserError
from probe.settings.settings import Settings
from probe.targets.finding import load_target, target_names
from probe.wire.unreachable_upstreams import address_of, unreachable

_MODULE = "probe.wire.proxy"
_SECONDS = 1.0


def refuse_own_listeners(settings: Settings) -> None:
    """Raise UserError if an upstream is the address of a listener, now or in an earlier run."""
    for name, route in settings.routes.items():
        host, port = address_of(route.upstream)
        if settings.replay or not is_this_machine(host):
            continue
        source = settings.sources[f"upstream.{name}"]
        hint = f"name the server that it should reach: --upstream {name}=URL"
        if route.own:
            hint = f"unset {route.own}, or {hint}"
        if pid := _own_proxy(port):
            raise UserError(
                f"upstream {name}={route.upstream} ({source}) is a listener of agent-probe (pid {pid})", hint
            )
        if route.own and port in _written_ports(settings) and unreachable(route.upstream, _SECONDS):
            problem = "nobody listens there; it looks like the address that `invoke proxies` printed"
            raise UserError(f"upstream {name}={route.upstream} ({source}): {problem}", hint)


def _own_proxy(port: int) -> int | None:
    """Return the pid of agent-probe's proxies that listen on a port; None when there is none."""
    for process in psutil.process_iter():
        # Other users' processes are not readable; a process may end during the search.
        with contextlib.suppress(psutil.Error, OSError):
            if _MODULE in process.cmdline() and any(
                one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
                for one in process.net_connections(kind="tcp")
            ):
                return process.pid
    return None


def _written_ports(settings: Settings) -> set[int]:
    """Return the ports that `proxies` uses: those of this run, and those in the targets' files."""
    ports = {route.port for route in settings.routes.values()}
    for name in target_names():
        with contextlib.suppress(UserError):
            ports |= {listener.port for listener in load_target(name)[0].listeners.values()}
    return ports
