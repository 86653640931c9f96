"""List the places that one run shows: endpoints, statuses, headers, members, kinds of events and their few values.

A place is written as a comparison writes it, with all tags of the objects on the way:
`input[][type=message,role=user].content[][type=input_text].text`. How many runs show it follows from adding up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json import dumps

from probe.protocol.endpoint_statistics import Address, EndpointStatistics
from probe.protocol.event_order import EventStatistics
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.statistics import NULL, Objects, Values
from probe.protocol.values import joined

_MOST_VALUES = 8
"""Distinct values of one place that are listed."""
_DEEPEST = 40
Places = dict[str, dict[str, int]]
"""By section (`POST /v1/responses request`), the places in it, each with the number of runs that show it."""


def section_of(endpoint: str, part: str) -> str:
    """Return what the places of a part of an endpoint are found under: `request`, `answer`, `headers` or `reached`."""
    return f"{endpoint} {part}"


def name_of(address: Address) -> str:
    """Return an endpoint's name, as descriptions have it."""
    return f"{'WS' if address.transport == 'websocket' else address.method} {'/'.join(address.path)}"


def places_of(protocol: ProtocolStatistics) -> Places:
    """Return the places that a run shows, each once."""
    found: Places = {}
    for address, endpoint in protocol.endpoints.items():
        for part, places in _parts(endpoint):
            section = found.setdefault(section_of(name_of(address), part), {})
            section.update(dict.fromkeys(places, 1))
    return {section: places for section, places in found.items() if places}


def _parts(endpoint: EndpointStatistics) -> Iterator[tuple[str, Iterable[str]]]:
    yield "reached", [""]
    yield "answered", (str(status) for status in endpoint.responses)
    yield "headers", _members(endpoint.request_headers)
    yield "query", _members(endpoint.query)
    for body in endpoint.requests.values():
        yield "request", _below(body.values, "")
    for answer in endpoint.responses.values():
        for body in answer.bodies.values():
            yield "answer", _below(body.values, "")
            yield "answer", _events(body.events, "server")
    yield "answer", _events(endpoint.messages, "server")
    for kind, one in endpoint.messages.kinds.items():
        if kind[0] == "client":
            yield "request", _below(one.values, "")


def _members(values: Values) -> Iterator[str]:
    for objects in (values.objects or {}).values():
        yield from objects.members


def _events(events: EventStatistics, direction: str) -> Iterator[str]:
    for (side, name), one in events.kinds.items():
        if side == direction:
            yield f"event[{name}]"
            yield from _below(one.values, f"event[{name}]")


def _below(values: Values, at: str, depth: int = 0) -> Iterator[str]:
    """Yield the places below a value, and what it is where it is one of a few words."""
    if depth > _DEEPEST:
        return
    yield from (f"{at}={word}" for word in _words(values))
    for tag, objects in (values.objects or {}).items():
        words = ",".join(f"{name}={value}" for name, value in tag)
        here = f"{at}[{words}]" if words else at
        yield from _of_objects(objects, here, depth)
        if here:
            yield here
    if values.elements:
        yield from _below(values.elements, f"{at}[]", depth + 1)
    if values.inside:
        yield from _below(values.inside, f"{at}→", depth + 1)


def _of_objects(objects: Objects, at: str, depth: int) -> Iterator[str]:
    for name, one in objects.members.items():
        place = joined(at, name)
        yield place
        yield from _below(one, place, depth + 1)
    if objects.others:
        yield from _below(objects.others, joined(at, "*"), depth + 1)


def _words(values: Values) -> Iterator[str]:
    """Yield the values at a place as JSON, where there are few."""
    texts = values.texts.values if values.texts and not values.texts.more else set()
    numbers = values.numbers.values if values.numbers and not values.numbers.more else set()
    for known in (texts, numbers, values.flags):
        if len(known) <= _MOST_VALUES:
            yield from map(dumps, known)
    if values.counts[NULL]:
        yield "null"
