"""Which endpoints of two protocols belong together, and what differs in how they are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import changed_words, shown
from probe.compare.side import Side
from probe.compare.value_changes import value_words
from probe.protocol.description import Endpoint, Protocol
from probe.report.plain_text import plural

_OF_TRANSPORT = (
    *("accept", "connection", "content-length", "content-type", "content-encoding", "transfer-encoding", "upgrade"),
    *("keep-alive", "date", "server", "te"),
)
"""Headers that a transport brings along, besides `sec-websocket-…`."""


class Matched(NamedTuple):
    """Two endpoints that belong together."""

    before: Endpoint
    after: Endpoint

    @property
    def is_moved(self) -> bool:
        """Check whether it is reached in another way."""
        return self.before.transport != self.after.transport


class Endpoints(NamedTuple):
    """The endpoints of both protocols."""

    matched: list[Matched]
    gone: list[Endpoint]
    new: list[Endpoint]


def match_endpoints(before: Protocol, after: Protocol, models: Mapping[str, str]) -> Endpoints:
    """Match endpoints by method and path, then calls of the model by path alone, then by API.

    `models` are names of models in paths, with what is written in their place.
    """
    old, new = list(before.endpoints), list(after.endpoints)
    matched: list[Matched] = []
    for key in (
        lambda one: (one.transport, one.method, _path(one, models)),
        lambda one: one.calls > 0 and _path(one, models),
        lambda one: one.calls > 0 and one.api,
    ):
        for one in list(old):
            same = next((other for other in new if key(one) and key(other) == key(one)), None)
            if same:
                matched.append(Matched(one, same))
                old.remove(one)
                new.remove(same)
    return Endpoints(matched, old, new)


def _path(endpoint: Endpoint, models: Mapping[str, str]) -> str:
    path = endpoint.path
    for name, slot in models.items():
        path = path.replace(name, slot)
    return path


def endpoint_findings(found: Endpoints, before: Side, after: Side) -> Iterator[Finding]:
    """Yield endpoints that are new or gone, and those that are reached in another way."""
    for one, other in found.matched:
        if one.transport != other.transport:
            yield finding(
                "transport-changed",
                other.path,
                f"calls of the model go over {_transport(other)}, no longer over {_transport(one)}",
                before={"name": one.name, "headers": _transport_headers(one)},
                after={"name": other.name, "headers": _transport_headers(other)},
                evidence=" in ".join((plural(one.calls, "call"), plural(one.count, "exchange")))
                + f", now {plural(other.calls, 'call')} in {plural(other.count, 'exchange')}",
            )
        elif one.name != other.name and one.path != other.path:
            line = f"calls of the model go to {other.path}, no longer to {one.path}"
            yield finding("endpoint-removed", one.path, line, before=one.name, after=other.name)
        if one.transport == other.transport:
            yield from _statuses(one, other)
        yield from _query(one, other)
    for kind, word, endpoints, place in (
        ("endpoint-removed", "is no longer asked", found.gone, 0),
        ("endpoint-added", "is asked now", found.new, 1),
    ):
        for endpoint in endpoints:
            side: dict[str, str] = {("before", "after")[place]: endpoint.name}
            line = f"{_tried(endpoint) or endpoint.name} {word}"
            yield finding(kind, endpoint.path, line, evidence=plural(endpoint.count, "time"), **side)
    if bool(before.chained) != bool(after.chained) and before.calls and after.calls:
        kind = "calls-chained" if after.chained else "calls-unchained"
        line = (
            "calls send only what is new and name the answer that they go on from"
            if after.chained
            else "calls send the whole conversation again, and name no answer that they go on from"
        )
        seen = f"in {before.chained} of {before.calls} {before.counted}, now in {after.chained} of {after.calls}"
        yield finding(kind, "previous_response_id", line, evidence=seen)


def _tried(endpoint: Endpoint) -> str | None:
    """Return what a request was that asked for a WebSocket and was refused; None for others."""
    if endpoint.transport == "websocket" or "sec-websocket-key" not in endpoint.request_headers:
        return None
    statuses = ", ".join(str(answer.status) for answer in endpoint.responses if answer.status is not None)
    answered = f"refused with {statuses}" if statuses else "not answered"
    return f"a WebSocket ({endpoint.name}, {answered})"


def _statuses(one: Endpoint, other: Endpoint) -> Iterator[Finding]:
    old, new = ({answer.status: answer.count for answer in endpoint.responses} for endpoint in (one, other))
    for status in dict.fromkeys([*old, *new]):
        if (status in old) != (status in new):
            seen = f"{old.get(status, 0)} of {one.count}, now {new.get(status, 0)} of {other.count}"
            what = "without an answer" if status is None else f"answered with {status}"
            line = f"{other.name} is {'now' if status in new else 'no longer'} {what}"
            yield finding("status-changed", other.path, line, evidence=seen)


def _query(one: Endpoint, other: Endpoint) -> Iterator[Finding]:
    """Yield parameters of the query that are new, gone, or something else."""
    for name in dict.fromkeys([*one.query, *other.query]):
        old, new = (side.query.get(name) for side in (one, other))
        was, now = (value_words(member.value) if member else None for member in (old, new))
        if old and new and (was == now or was is None or now is None):
            continue
        seen = f"in {old.count if old else 0} of {one.count}, now in {new.count if new else 0} of {other.count}"
        kind, word, known = "query-changed", changed_words(was, now), None
        if not (old and new):
            kind, word, known = ("query-added", "is new", now) if new else ("query-removed", "is no longer sent", was)
        line = f"the query's {name} {word}{f': {shown(known)}' if known is not None else ''}"
        yield finding(kind, f"query.{name}", line, before=was, after=now, evidence=seen)


def _transport(endpoint: Endpoint) -> str:
    return f"a WebSocket at {endpoint.path}" if endpoint.transport == "websocket" else f"HTTP ({endpoint.name})"


def _transport_headers(endpoint: Endpoint) -> list[str]:
    return [name for name in endpoint.request_headers if is_of_transport(name)]


def is_of_transport(name: str) -> bool:
    """Check whether a transport brings a header along."""
    return name in _OF_TRANSPORT or name.startswith("sec-websocket-")
