"""Limit how many places statistics of a protocol describe in all: data that are used as keys make them without end.

How many different places many recordings have is known from the smallest hashes of their names: they are the smallest
ones of the recordings' own, so that the number does not depend on the order in which these are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.protocol.endpoint_statistics import BodyStatistics, EndpointStatistics
from probe.protocol.event_order import EventStatistics
from probe.protocol.statistics import Values
from probe.smallest_hashes import name_hash

MOST_PLACES = 50_000
"""About as many are described; where there are more, nothing is described below the members of a body."""
KEPT_HASHES = 64
"""Hashes that are kept: so many give the number of places within about 12 percent."""
MANY = "too many places"


def hashes_of(endpoints: Iterable[tuple[str, EndpointStatistics]]) -> set[int]:
    """Return the smallest hashes of all places at named addresses."""
    hashes = {int.from_bytes(name_hash(f"{name} {place}")[:8]) for name, one in endpoints for place in _places(one)}
    return smallest_of(hashes)


def smallest_of(hashes: Iterable[int]) -> set[int]:
    """Return those of some hashes that are kept."""
    return set(sorted(hashes)[:KEPT_HASHES])


def are_many(hashes: set[int]) -> bool:
    """Check whether there are more places than are described, from the smallest hashes of all."""
    return len(hashes) == KEPT_HASHES and max(hashes) * MOST_PLACES < KEPT_HASHES << 64


def cut_below(endpoint: EndpointStatistics) -> None:
    """Drop what is below the members of bodies, headers and events."""
    for _, values in _roots(endpoint):
        _cut(values, 1)


def _cut(values: Values, levels: int) -> None:
    if levels == 0:
        if values.objects or values.elements or values.inside:
            values.opaque = values.opaque | {MANY}
        values.objects = values.elements = values.inside = None
        values.untagged = False
        return
    values.join_tags()
    for objects in (values.objects or {}).values():
        for one in filter(None, (objects.others, *objects.members.values())):
            _cut(one, levels - 1)
    for inner in filter(None, (values.elements, values.inside)):
        _cut(inner, levels - 1)


def _places(endpoint: EndpointStatistics) -> Iterator[str]:
    for name, values in _roots(endpoint):
        yield from _below(values, name)


def _below(values: Values, at: str) -> Iterator[str]:
    yield at
    for tag, objects in (values.objects or {}).items():
        of_tag = f"{at}{tag}" if tag else at
        for name, one in objects.members.items():
            yield from _below(one, f"{of_tag}.{name}")
        if objects.others:
            yield from _below(objects.others, f"{of_tag}.*")
    if values.elements:
        yield from _below(values.elements, f"{at}[]")
    if values.inside:
        yield from _below(values.inside, f"{at}→")


def _roots(endpoint: EndpointStatistics) -> Iterator[tuple[str, Values]]:
    yield "query", endpoint.query
    yield "headers", endpoint.request_headers
    for name, values in endpoint.parameters.items():
        yield f"path.{name}", values
    yield from _of_bodies("request", endpoint.requests.items())
    for status, answer in endpoint.responses.items():
        yield f"{status} headers", answer.headers
        yield from _of_bodies(str(status), answer.bodies.items())
    yield from _of_events("messages", endpoint.messages)


def _of_bodies(name: str, bodies: Iterable[tuple[str, BodyStatistics]]) -> Iterator[tuple[str, Values]]:
    for media_type, body in bodies:
        yield f"{name} {media_type}", body.values
        yield from _of_events(f"{name} {media_type}", body.events)


def _of_events(name: str, events: EventStatistics) -> Iterator[tuple[str, Values]]:
    for kind, one in events.kinds.items():
        yield f"{name} {kind}", one.values
