"""Write a protocol as Markdown, made to be read and to be compared line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from probe.protocol.description import Body, Endpoint, EventKind, Grammar, Protocol, Response
from probe.protocol.tied_places import tied_places
from probe.protocol.value_rows import Rows, known
from probe.protocol.values import Member
from probe.record.agent_versions import short_name
from probe.report.markdown.escape import code, inline
from probe.report.plain_text import plural

_COLUMNS = ("place", "in", "type", "value")


def markdown(protocol: Protocol) -> str:
    """Return the text of `protocol.md`."""
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    yield f"# Protocol of {inline(protocol.title)}"
    yield ""
    recordings, exchanges = plural(protocol.recordings, "recording"), plural(protocol.exchanges, "exchange")
    yield f"Read off {recordings} with {exchanges}. “2 of 3” means: in two of the three that could have it."
    if protocol.replays:
        yield _replays(protocol)
    if protocol.cut is True:
        yield "**Not all names are listed**: of some kind there were too many; those with the smallest hashes are kept."
    yield "⟨…⟩ is a value that differs from run to run. Numbers are between the powers of ten that are shown."
    yield ""
    yield "## Endpoints"
    yield ""
    yield from _table(
        ("endpoint", "listener", "API", "exchanges", "model calls", "answers"),
        (_endpoint_row(endpoint) for endpoint in protocol.endpoints),
    )
    rows = Rows()
    for endpoint in protocol.endpoints:
        yield from _endpoint(endpoint, _whose(endpoint, protocol), rows)
    if ties := [*tied_places(protocol)]:
        yield "## Ids that tie exchanges together"
        yield ""
        cells = ((inline(one.listener), *map(code, one.places), one.found) for one in ties)
        yield from _table(("listener", "place", "has the id of", "in"), cells)


def _replays(protocol: Protocol) -> str:
    answered, of = ", ".join(map(inline, protocol.replays)), protocol.recordings
    number = protocol.replayed or of
    if number < of:
        some = f"**{number:,} of {of:,} were answered by a replay** of {answered}"
        return f"{some}, not by a real API: what these answers show is that of the recording."
    return f"**No real API answered**, but a replay of {answered}: what the answers show is that of the recording."


def _whose(endpoint: Endpoint, protocol: Protocol) -> str:
    """Return the listener and the agents of an endpoint, where there are others."""
    listener = endpoint.listener if len({one.listener for one in protocol.endpoints}) > 1 else None
    agents = map(short_name, endpoint.agents) if len(protocol.agents) > 1 else ()
    return ", ".join([*([f"listener {listener}"] if listener else []), *agents])


def _endpoint_row(endpoint: Endpoint) -> Sequence[str]:
    answers = ", ".join(f"{response.status or 'none'}: {response.count}" for response in endpoint.responses)
    listener, calls = inline(endpoint.listener or ""), str(endpoint.calls or "")
    return code(endpoint.name), listener, inline(endpoint.api), str(endpoint.count), calls, answers


def _endpoint(endpoint: Endpoint, whose: str, rows: Rows) -> Iterator[str]:
    name = ", ".join(filter(None, (endpoint.name, whose)))
    yield f"## {inline(name)}"
    yield ""
    if endpoint.parameters:
        cells = ((code(one), known(value)) for one, value in endpoint.parameters.items())
        yield from _table(("parameter of the path", "value"), cells)
    yield from _members("Query", name, endpoint.query, endpoint.count, rows)
    yield from _members("Request headers", name, endpoint.request_headers, endpoint.count, rows)
    for body in endpoint.requests:
        yield from _body("Request", name, body, rows)
    if endpoint.messages:
        yield from _events("Messages", "call", name, endpoint.messages, rows)
    for response in endpoint.responses:
        yield from _response(name, response, rows)


def _response(name: str, response: Response, rows: Rows) -> Iterator[str]:
    if response.status is None:
        return
    yield from _members(f"Headers of answer {response.status}", name, response.headers, response.count, rows)
    for body in response.bodies:
        yield from _body(f"Answer {response.status}", name, body, rows)


def _members(heading: str, name: str, members: Mapping[str, Member], of: int, rows: Rows) -> Iterator[str]:
    if members:
        yield f"### {heading}"
        yield ""
        yield from _table(_COLUMNS, rows.of_members(members, of, f"{heading.lower()}, {code(name)}"))


def _body(side: str, name: str, body: Body, rows: Rows) -> Iterator[str]:
    media = inline(body.media_type or "no media type")
    if body.value:
        yield f"### {side}: {media}, {body.count}"
        yield ""
        found = rows.of_value(body.value, f"{side.lower()}, {code(name)}")
        if found:
            yield from _table(_COLUMNS, found)
        elif said := known(body.value):
            yield said
            yield ""
    elif not body.events:
        yield f"### {side}: {media}, {body.count}, not described"
        yield ""
    if body.events:
        yield from _events(f"{side}: {media}", "stream", name, body.events, rows)


def _events(heading: str, sequence: str, name: str, events: Grammar, rows: Rows) -> Iterator[str]:
    yield f"### {heading}, {plural(events.count, 'event')} in {plural(events.sequences, sequence)}"
    yield ""
    columns = ("event", "count", f"in {sequence}s", "at most", "first", "last", "always after", "always before")
    yield from _table(columns, (_kind_row(kind, events) for kind in events.kinds))
    yield "What comes next, and how often:"
    yield ""
    yield from _follows(events)
    yield ""
    for kind in events.kinds:
        found = rows.of_value(kind.value, f"{code(kind.label)}, {code(name)}")
        if found:
            yield f"#### {inline(kind.label)}"
            yield ""
            yield from _table(_COLUMNS, found)


def _kind_row(kind: EventKind, events: Grammar) -> Sequence[str]:
    before = _nearest(kind.always_preceded_by, {one.label: one.always_preceded_by for one in events.kinds})
    after = _nearest(kind.always_followed_by, {one.label: one.always_followed_by for one in events.kinds})
    return (
        code(kind.label),
        str(kind.count),
        f"{kind.sequences} of {events.sequences}",
        str(kind.most),
        str(kind.first or ""),
        str(kind.last or ""),
        ", ".join(map(code, before)),
        ", ".join(map(code, after)),
    )


def _nearest(names: Sequence[str], of: Mapping[str, Sequence[str]]) -> list[str]:
    """Return those that do not follow from others of them."""
    return [
        name
        for name in names
        if not any(name in of[other] and other not in of[name] for other in names if other != name)
    ]


def _follows(events: Grammar) -> Iterator[str]:
    by_first: dict[str | None, list[str]] = {}
    for follow in events.follows:
        after = "the end" if follow.after is None else code(follow.after)
        by_first.setdefault(follow.before, []).append(f"{after} {follow.count}")
    for before, found in by_first.items():
        yield f"- {'the start' if before is None else code(before)} → {', '.join(found)}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + " --- |" * len(columns)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
