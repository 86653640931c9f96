"""Sum up a capture: how much, how long, to where, with what outcome. One pass, constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from probe.analysis.sizes import payload_bytes, websocket_bytes
from probe.renderers.urls import split_url
from probe.record.exchange import Exchange

MAX_ENDPOINTS = 1000
"""Distinct endpoints that are told apart; paths may hold ids, and then there is no end to them."""
OTHER_ENDPOINTS = "(others)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One path of one host, and how it was asked."""

    origin: str
    """Scheme and host; empty for the sum of the endpoints over `MAX_ENDPOINTS`."""
    path: str
    """Without the query."""
    methods: tuple[tuple[str, int], ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers of a capture."""

    requests: int
    started: float | None
    """Epoch seconds of the first request; None when there was none."""
    ended: float | None
    """Epoch seconds of the last thing known."""
    request_bytes: int
    """Bodies, and what clients sent over WebSockets."""
    response_bytes: int
    endpoints: tuple[Endpoint, ...]
    methods: tuple[tuple[str, int], ...]
    statuses: tuple[tuple[int | None, int], ...]
    """Status code and how often; None when no answer came."""
    cut_short: int
    """Exchanges whose answer did not come to its end."""
    websockets: int
    websocket_messages: int
    redactions: int
    """Places in bodies and messages that were redacted."""
    lost_bytes: int
    """Bytes that crossed the wire and could not be kept."""
    lost_messages: int

    @property
    def seconds(self) -> float:
        """Give the capture's duration."""
        return (self.ended or 0.0) - (self.started or 0.0)


class SummaryBuilder:
    """Takes exchanges one by one and keeps only numbers."""

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, str], Counter[str]] = {}
        self._methods: Counter[str] = Counter()
        self._statuses: Counter[int | None] = Counter()
        self._numbers: Counter[str] = Counter()
        self._times: list[float] = []

    def add(self, exchange: Exchange, *, complete: bool) -> None:
        """Count one exchange; its API says whether it is complete."""
        request, response = exchange.request, exchange.response
        self._endpoint(request.url)[request.method] += 1
        self._methods[request.method] += 1
        self._statuses[response.status_code if response else None] += 1
        times = [*self._times, exchange.timestamp, exchange.ended]
        self._times = [min(times), max(times)]
        self._add_bytes(exchange)
        self._numbers["cut_short"] += not complete
        if exchange.websocket:
            self._numbers["websockets"] += 1
            self._numbers["websocket_messages"] += len(exchange.websocket.messages)
            self._numbers["lost_messages"] += exchange.websocket.lost
            self._numbers["redactions"] += sum(message.redactions for message in exchange.websocket.messages)

    def summary(self) -> Summary:
        """Give the numbers so far, in an order that depends on nothing but the exchanges."""
        names = ("cut_short", "websockets", "websocket_messages", "redactions", "lost_bytes", "lost_messages")
        return Summary(
            requests=self._methods.total(),
            started=self._times[0] if self._times else None,
            ended=self._times[1] if self._times else None,
            request_bytes=self._numbers["request_bytes"],
            response_bytes=self._numbers["response_bytes"],
            endpoints=tuple(sorted(self._told_endpoints(), key=lambda one: (-one.count, one.origin, one.path))),
            methods=_ranked(self._methods),
            statuses=tuple(sorted(self._statuses.items(), key=lambda pair: pair[0] or 0)),
            **{name: self._numbers[name] for name in names},
        )

    def _add_bytes(self, exchange: Exchange) -> None:
        sent, received = payload_bytes(exchange.request), payload_bytes(exchange.response)
        self._numbers["request_bytes"] += sent + websocket_bytes(exchange, "client")
        self._numbers["response_bytes"] += received + websocket_bytes(exchange, "server")
        for payload in filter(None, (exchange.request, exchange.response)):
            self._numbers["redactions"] += payload.redactions
            self._numbers["lost_bytes"] += payload.lost

    def _endpoint(self, url: str) -> Counter[str]:
        key = split_url(url)[:2]
        if key not in self._endpoints and len(self._endpoints) >= MAX_ENDPOINTS:
            key = ("", OTHER_ENDPOINTS)
        return self._endpoints.setdefault(key, Counter())

    def _told_endpoints(self) -> Iterable[Endpoint]:
        for (origin, path), methods in self._endpoints.items():
            yield Endpoint(origin=origin, path=path, methods=_ranked(methods), count=methods.total())


def summarise(exchanges: Iterable[Exchange]) -> Summary:
    """Sum up exchanges of which nothing is known but how their connections ended."""
    builder = SummaryBuilder()
    for exchange in exchanges:
        builder.add(exchange, complete=exchange.error is None)
    return builder.summary()


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
