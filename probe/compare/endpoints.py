"""Which endpoints of two protocols belong together, and what differs in how they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import are, bounded, changed_words, listed, shown
from probe.compare.side import Side
from probe.compare.value_changes import value_words
from probe.protocol.description import Endpoint, Protocol
from probe.protocol.values import Member, Value
from probe.report.plain_text import plural
from probe.slots.differences import differences
from probe.slots.slots import json_within

_OF_TRANSPORT = (
    *("accept", "connection", "content-length", "content-type", "content-encoding", "transfer-encoding", "upgrade"),
    *("keep-alive", "date", "server", "te"),
)
"""Headers that a transport brings along, besides `sec-websocket-…`."""
_OF_PROXY = ("host",)


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
            yield finding(
                kind, endpoint.path, f"{endpoint.name} {word}", evidence=plural(endpoint.count, "time"), **side
            )
    if bool(before.chained) != bool(after.chained) and before.calls and after.calls:
        kind = "calls-chained" if after.chained else "calls-unchained"
        line = (
            "calls send only what is new and name the answer that they go on from"
            if after.chained
            else "calls send the whole conversation again, and name no answer that they go on from"
        )
        seen = f"in {before.chained} of {before.calls} calls, now in {after.chained} of {after.calls}"
        yield finding(kind, "previous_response_id", line, evidence=seen)


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
    return [name for name in endpoint.request_headers if _is_of_transport(name)]


def _is_of_transport(name: str) -> bool:
    return name in _OF_TRANSPORT or name.startswith("sec-websocket-")


def header_findings(matched: Iterable[Matched], before: Side, after: Side) -> Iterator[Finding]:
    """Yield headers that are new, gone, named otherwise or have other values."""
    seen: set[str] = set()
    for pair in matched:
        is_call = pair.before.calls > 0 and pair.after.calls > 0
        values = (before.headers, after.headers) if is_call else ({}, {})
        for one in [*_request_headers(pair, values), *_answer_headers(pair)]:
            if one.line not in seen:
                seen.add(one.line)
                yield one


def _headers(headers: Mapping[str, Member], *, moved: bool) -> dict[str, Member]:
    return {
        name: member
        for name, member in headers.items()
        if name not in _OF_PROXY and not (moved and _is_of_transport(name))
    }


def _request_headers(
    pair: Matched, values: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]
) -> Iterator[Finding]:
    old, new = (_headers(one.request_headers, moved=pair.is_moved) for one in pair)
    gone, added = [name for name in old if name not in new], [name for name in new if name not in old]
    for name in list(gone):
        again = next((one for one in added if _plain(one) == _plain(name)), None)
        if again:
            line = f"header {name} is named {again} now"
            yield finding("header-renamed", f"headers.{again}", line, before=name, after=again)
            gone.remove(name)
            added.remove(again)
    for kind, names, word in (("header-removed", gone, "no longer sent"), ("header-added", added, "new")):
        if names:
            place = f"headers.{names[0]}" if len(names) == 1 else "headers"
            side = {"before" if kind == "header-removed" else "after": names}
            headers = old if kind == "header-removed" else new
            count, of = max(headers[name].count for name in names), pair[kind == "header-added"].count
            seen = f"in {count} of {of}, now in 0 of {pair.after.count}"
            if kind == "header-added":
                seen = f"in 0 of {pair.before.count}, now in {count} of {of}"
            words = f"header{'s' if len(names) > 1 else ''} {are(names, word)}"
            yield finding(kind, place, words, evidence=seen, **side)
    for name in [name for name in old if name in new]:
        one, other = (
            _single(side[name]) if name in side else _header_words(member.value)
            for side, member in zip(values, (old[name], new[name]), strict=True)
        )
        if one != other:
            yield from _header_changed(name, one, other)
        elif old[name].required != new[name].required:
            kind = "header-removed" if old[name].required else "header-added"
            line = f"header {name} is {'not always' if old[name].required else 'always'} sent now"
            seen = f"in {old[name].count} of {pair.before.count}, now in {new[name].count} of {pair.after.count}"
            yield finding(kind, f"headers.{name}", line, evidence=seen)


def _header_changed(name: str, before: Any, after: Any) -> Iterator[Finding]:
    """Yield what is something else in a header; within JSON, each inner place."""
    old, new = (json_within(_of_several(one, other)) for one, other in ((before, after), (after, before)))
    if old is None or new is None:
        line = f"header {name} {changed_words(before, after)}"
        yield finding("header-changed", f"headers.{name}", line, before=before, after=after)
        return
    for change in differences(old, new, f"headers.{name}→"):
        line = f"{change.at} {changed_words(change.before, change.after)}"
        yield finding("header-changed", change.at, line, before=bounded(change.before), after=bounded(change.after))


def _of_several(values: Any, others: Any) -> str:
    """Return a header's value that the other side does not have."""
    known = others if isinstance(others, list) else [others]
    every = values if isinstance(values, list) else [values]
    return str(next((one for one in every if one not in known), next(iter(every), "")))


def _answer_headers(pair: Matched) -> Iterator[Finding]:
    """Yield one finding for all headers of answers: they are the provider's."""
    if pair.is_moved:
        return
    for one in pair.before.responses:
        other = next((answer for answer in pair.after.responses if answer.status == one.status), None)
        if other is None:
            continue
        old, new = _headers(one.headers, moved=False), _headers(other.headers, moved=False)
        both = [name for name in old if name in new]
        changed = [name for name in both if _header_words(old[name].value) != _header_words(new[name].value)]
        words = [
            *([f"without {listed(gone)}"] if (gone := [name for name in old if name not in new]) else []),
            *([f"with {listed(added)}"] if (added := [name for name in new if name not in old]) else []),
            *([f"with another {listed(changed)}"] if changed else []),
        ]
        if words:
            line = f"answers of {pair.after.name} come {', '.join(words)}"
            yield finding(
                "answer-header-changed",
                "response.headers",
                line,
                before=_values(old, changed),
                after=_values(new, changed),
            )


def _header_words(value: Value) -> Any:
    """Return what a header is, as far as it is known; a long one is known by examples."""
    words = value_words(value)
    found = words if words is not None else list(value.examples)
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _single(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _values(headers: Mapping[str, Member], names: Iterable[str]) -> dict[str, str] | None:
    """Return the values of some headers; None where there are none."""
    return {name: str(_header_words(headers[name].value)) for name in names} or None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "")
