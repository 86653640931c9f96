"""Sum up a capture: how much, how long, to where, with what outcome."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec

from probe.renderers.urls import split_url
from probe.trace.trace import ExchangeFacts

MAX_ENDPOINTS = 1000
"""Distinct endpoints that are listed; paths may hold ids, and then there is no end to them."""
OTHER_ENDPOINTS = "(others)"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One path of one host, and how it was asked."""

    origin: str
    """Scheme and host; empty for the sum of the endpoints over `MAX_ENDPOINTS`."""
    path: str
    """Without the query."""
    methods: tuple[tuple[str, int], ...]
    count: int


class ExchangeTotals(msgspec.Struct, frozen=True, kw_only=True):
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
        """Return the duration of the capture in seconds."""
        return (self.ended or 0.0) - (self.started or 0.0)


def exchange_totals(exchanges: Sequence[ExchangeFacts]) -> ExchangeTotals:
    """Return the numbers of a capture, in an order that depends on nothing but the exchanges."""
    methods = Counter(one.method for one in exchanges)
    statuses = Counter(one.status for one in exchanges)
    websockets = [one for one in exchanges if one.websocket_messages is not None]
    return ExchangeTotals(
        requests=len(exchanges),
        started=min((one.started for one in exchanges), default=None),
        ended=max((one.ended for one in exchanges), default=None),
        request_bytes=sum(one.sent for one in exchanges),
        response_bytes=sum(one.received for one in exchanges),
        endpoints=_endpoints(exchanges),
        methods=_ranked(methods),
        statuses=tuple(sorted(statuses.items(), key=lambda pair: pair[0] or 0)),
        cut_short=sum(not one.complete for one in exchanges),
        websockets=len(websockets),
        websocket_messages=sum(one.websocket_messages or 0 for one in websockets),
        redactions=sum(one.redactions for one in exchanges),
        lost_bytes=sum(one.lost_bytes for one in exchanges),
        lost_messages=sum(one.lost_messages for one in exchanges),
    )


def _endpoints(exchanges: Iterable[ExchangeFacts]) -> tuple[Endpoint, ...]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for one in exchanges:
        counts.setdefault(split_url(one.url)[:2], Counter())[one.method] += 1
    kept = (
        {key: counts[key] for key in heapq.nsmallest(MAX_ENDPOINTS, counts, key=_hash)}
        if len(counts) > MAX_ENDPOINTS
        else counts
    )
    others = sum((methods for key, methods in counts.items() if key not in kept), Counter[str]())
    if others:
        kept["", OTHER_ENDPOINTS] = others
    found = (
        Endpoint(origin=origin, path=path, methods=_ranked(methods), count=methods.total())
        for (origin, path), methods in kept.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.count, one.origin, one.path)))


def _hash(key: tuple[str, str]) -> bytes:
    return sha256("".join(key).encode("utf-8", "replace")).digest()


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
