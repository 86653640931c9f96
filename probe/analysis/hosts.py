"""Which hosts an agent talked to: those whose exchanges were captured, and those whose tunnels were only seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from probe.record.manifest_fields import CoverageFacts
from probe.record.tunnels import Tunnel
from probe.trace.trace import ExchangeFacts

MAX_HOSTS = 1000
"""Hosts that are counted each by itself; an agent may invent names without end."""
OTHERS = "(others)"
LISTED = 20
"""Hosts that are named in a sentence."""
COVERAGE = "coverage"
"""What the pass-through listener is called where listeners are."""


@dataclass(slots=True, kw_only=True)
class Host:
    """One host and port, and what went there in one of the two ways."""

    name: str
    captured: bool
    """False when only its tunnels were seen."""
    listeners: set[str] = field(default_factory=set)
    requests: int = 0
    """Exchanges of a captured one, else tunnels."""
    sent: int = 0
    """Bytes of bodies and messages of a captured one, else all within the tunnels."""
    received: int = 0
    unreached: int = 0
    """Of the tunnels, those whose other side could not be reached; of exchanges, those without an answer."""

    @property
    def never_reached(self) -> bool:
        """Check whether it got no byte of any body and answered nothing."""
        return self.unreached == self.requests and not self.sent and not self.received


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """All channels of a run, captured ones first, the busiest of each first."""

    watched: bool | None
    """Whether anybody looked for what bypassed the listeners; None when that is not known."""
    why_not: str
    """How to have it watched, or why it cannot be."""
    hosts: tuple[Host, ...]

    @property
    def captured(self) -> list[str]:
        """Return the hosts with captured exchanges."""
        return [one.name for one in self.hosts if one.captured and not one.never_reached]

    @property
    def not_reached(self) -> list[str]:
        """Return the hosts that a listener could not reach."""
        return [one.name for one in self.hosts if one.captured and one.never_reached]

    @property
    def only_seen(self) -> list[str]:
        """Return the hosts of which nothing was captured."""
        called = {one.name for one in self.hosts if one.captured}
        return [one.name for one in self.hosts if not one.captured and one.name not in called]

    @property
    def also_seen(self) -> list[str]:
        """Return the hosts with captured exchanges that tunnels reached as well."""
        captured = set(self.captured)
        reached = [one for one in self.hosts if not one.captured and one.requests > one.unreached]
        return [one.name for one in reached if one.name in captured]

    def in_words(self) -> str:
        """Return how much of what the agent talked to was captured."""
        captured, only_seen = self.captured, self.only_seen
        silent = f"; not reached: {_listed(self.not_reached)}" if self.not_reached else ""
        if not self.watched:
            unwatched = f"; what bypassed the listeners was not watched ({self.why_not})"
            return f"captured {_hosts(len(captured))}{silent}" + (unwatched if self.watched is False else "")
        text = f"captured {len(captured)} of {_hosts(len(captured) + len(self.not_reached) + len(only_seen))}{silent}"
        text += f"; only seen: {_listed(map(self._told, only_seen))}" if only_seen else ""
        return text + (f"; captured, but with tunnels beside: {_listed(self.also_seen)}" if self.also_seen else "")

    def as_dict(self) -> dict[str, Any]:
        """Return the same for programs."""
        names = ("watched", "captured", "not_reached", "only_seen", "also_seen")
        hosts = [asdict(one) | {"listeners": sorted(one.listeners)} for one in self.hosts]
        return {name: getattr(self, name) for name in names} | {"hosts": hosts}

    def _told(self, name: str) -> str:
        """Return the name of a host that was only seen."""
        reached = any(one.name == name and one.unreached < one.requests for one in self.hosts)
        return name if reached else f"{name} (not reached)"


class HostsBuilder:
    """Takes exchanges and tunnels one by one and keeps only numbers."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[bool, str], Host] = {}

    def add(self, exchange: ExchangeFacts) -> None:
        """Count one exchange."""
        host = self._host(_host_of(exchange.url), captured=True)
        host.requests += 1
        host.listeners |= {exchange.listener} if exchange.listener else set()
        host.sent += exchange.sent
        host.received += exchange.received
        host.unreached += exchange.status is None

    def add_tunnels(self, tunnels: Iterable[Tunnel]) -> int:
        """Count what bypassed the listeners and return how many tunnels there were."""
        number = 0
        for tunnel in tunnels:
            number += 1
            host = self._host(_name(tunnel.host, tunnel.port), captured=False)
            host.requests += 1
            host.listeners.add(COVERAGE)
            host.sent += tunnel.sent
            host.received += tunnel.received
            host.unreached += not tunnel.connected
        return number

    def hosts(self, coverage: CoverageFacts | None) -> Hosts:
        """Return what was counted so far; `coverage` is what the manifest says of it, None where there is none."""
        source = coverage.source if coverage else ""
        ordered = sorted(self._hosts.values(), key=lambda one: (not one.captured, -one.requests, one.name))
        return Hosts(
            watched=None if coverage is None else coverage.watched,
            why_not=source if source.startswith("off") else "--coverage",
            hosts=tuple(ordered),
        )

    def _host(self, name: str, *, captured: bool) -> Host:
        if (captured, name) not in self._hosts and len(self._hosts) >= MAX_HOSTS:
            name = OTHERS
        return self._hosts.setdefault((captured, name), Host(name=name, captured=captured))


def _name(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"


@lru_cache(maxsize=1024)
def _host_of(url: str) -> str:
    """Return host and port of a URL; one that is none counts as its own."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    except ValueError:
        return url
    return _name(parts.hostname, port) if parts.hostname else "(no host)"


def _listed(all_names: Iterable[str]) -> str:
    names = list(all_names)
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def _hosts(number: int) -> str:
    return f"{number} host{'' if number == 1 else 's'}"
