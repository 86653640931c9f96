"""Statistics of a protocol as plain values: the same for equal statistics, in whatever order they were added up.

`from_plain(plain(x))` is x. Sets and mappings are sorted lists, so that encoded values can be compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from probe.protocol.endpoint_statistics import Address, BodyStatistics, EndpointStatistics, ResponseStatistics
from probe.protocol.event_order import EventStatistics, Kind, KindStatistics
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.scalars import Numbers, Texts
from probe.protocol.statistics import Objects, Values
from probe.protocol.values import joined
from probe.slots.relations import Relations

_LARGE = 1 << 63
"""From here on an integer has no place in 64 bits: it is kept as a text."""
_T = TypeVar("_T")


def plain(statistics: ProtocolStatistics) -> list[Any]:
    """Return all that statistics hold as lists, numbers and texts."""
    one = statistics
    addresses = sorted(one.endpoints, key=lambda address: address.in_order)
    return [
        *(
            one.recordings,
            one.exchanges,
            one.replayed,
            sorted(one.agents),
            sorted(one.replays),
            one.many,
            one.cut,
            sorted(one.places),
        ),
        [[*address, *_endpoint(one.endpoints[address])] for address in addresses],
    ]


def from_plain(value: list[Any]) -> ProtocolStatistics:
    """Return the statistics that `plain` made a value of."""
    made = ProtocolStatistics()
    made.recordings, made.exchanges, made.replayed, agents, replays, *rest = value
    made.many, made.cut, places, endpoints = rest
    made.agents, made.replays, made.places = set(agents), set(replays), set(places)
    for listener, path, method, transport, *rest in endpoints:
        made.endpoints[Address(listener, tuple(path), method, transport)] = _made_endpoint(rest)
    return made


def _endpoint(one: EndpointStatistics) -> list[Any]:
    return [
        *(one.count, one.calls, sorted(one.agents), sorted(one.apis), sorted(one.origins)),
        _listed(one.parameters, _values),
        *(_values(one.query), _values(one.request_headers)),
        _listed(one.requests, _body),
        [[status, *_response(one.responses[status])] for status in sorted(one.responses, key=_status)],
        _events(one.messages),
        one.relations.plain() if one.relations else None,
        one.cut,
    ]


def _made_endpoint(value: list[Any]) -> EndpointStatistics:
    made = EndpointStatistics()
    made.count, made.calls, agents, apis, origins, parameters, query, headers, requests, responses = value[:10]
    made.agents, made.apis, made.origins = set(agents), set(apis), set(origins)
    made.parameters = {name: _made_values(one, f"path.{name}") for name, one in parameters}
    made.query, made.request_headers = _made_values(query, "query"), _made_values(headers, "headers")
    made.requests = {media_type: _made_body(one) for media_type, one in requests}
    made.responses = {status: _made_response(rest) for status, *rest in responses}
    made.messages = _made_events(value[10])
    made.relations = Relations.from_plain(value[11]) if value[11] is not None else None
    made.cut = value[12]
    return made


def _status(status: int | None) -> int:
    return -1 if status is None else status


def _response(one: ResponseStatistics) -> list[Any]:
    return [one.count, one.cut, _values(one.headers), _listed(one.bodies, _body)]


def _made_response(value: list[Any]) -> ResponseStatistics:
    made = ResponseStatistics()
    made.count, made.cut, headers, bodies = value
    made.headers = _made_values(headers, "headers")
    made.bodies = {media_type: _made_body(one) for media_type, one in bodies}
    return made


def _body(one: BodyStatistics) -> list[Any]:
    return [one.count, _values(one.values), _events(one.events)]


def _made_body(value: list[Any]) -> BodyStatistics:
    made = BodyStatistics()
    made.count, values, events = value
    made.values, made.events = _made_values(values, ""), _made_events(events)
    return made


# -- values ----------------------------------------------------------------------------------------------------------


def _values(one: Values) -> list[Any]:
    return [
        *(one.counts, sorted(one.flags), sorted(one.opaque), one.fewest, one.most, one.untagged),
        _texts(one.texts) if one.texts else None,
        _numbers(one.numbers) if one.numbers else None,
        [[list(tag), *_objects(of)] for tag, of in sorted(one.objects.items())] if one.objects else None,
        _values(one.elements) if one.elements else None,
        _values(one.inside) if one.inside else None,
    ]


def _made_values(value: list[Any], at: str) -> Values:
    made = Values(at)
    made.counts, flags, opaque, made.fewest, made.most, made.untagged, texts, numbers, objects, elements, inside = value
    if flags:
        made.flags = frozenset(flags)
    if opaque:
        made.opaque = frozenset(opaque)
    if texts:
        made.texts = _made_texts(texts)
    if numbers:
        made.numbers = _made_numbers(numbers)
    if objects:
        made.objects = {tuple([(name, word) for name, word in tag]): _made_objects(of, at) for tag, *of in objects}
    if elements:
        made.elements = _made_values(elements, f"{at}[]")
    if inside:
        made.inside = _made_values(inside, at)
    return made


def _objects(one: Objects) -> list[Any]:
    others = _values(one.others) if one.others else None
    return [one.counts[0], one.fewest, one.most, sorted(one.key_forms), others, _listed(one.members, _values)]


def _made_objects(value: list[Any], at: str) -> Objects:
    made = Objects(at)
    made.counts[0], made.fewest, made.most, key_forms, others, members = value
    if key_forms:
        made.key_forms = frozenset(key_forms)
    if others:
        made.others = _made_values(others, joined(at, "*"))
    made.members = {name: _made_values(one, joined(at, name)) for name, one in members}
    return made


def _texts(one: Texts) -> list[Any]:
    formats = None if one.formats is None else sorted(one.formats)
    return [sorted(one.values), one.more, sorted(one.examples), formats, one.longest, one.joined]


def _made_texts(value: list[Any]) -> Texts:
    made = Texts()
    values, made.more, made.examples, formats, made.longest, made.joined = value
    made.values, made.formats = set(values), None if formats is None else _shared(tuple(formats))
    return made


@cache
def _shared(formats: tuple[str, ...]) -> frozenset[str]:
    """Return one set for all texts that have the same forms: there are many."""
    return frozenset(formats)


def _numbers(one: Numbers) -> list[Any]:
    ends = [None if end is None else _number(end) for end in (one.smallest, one.largest)]
    return [list(map(_number, sorted(one.values))), one.more, *ends, one.joined, sorted(one.slots)]


def _made_numbers(value: list[Any]) -> Numbers:
    made = Numbers()
    values, made.more, smallest, largest, made.joined, slots = value
    made.values, made.slots = set(map(_made_number, values)), set(slots)
    made.smallest = None if smallest is None else _made_number(smallest)
    made.largest = None if largest is None else _made_number(largest)
    return made


def _number(number: float) -> float | str:
    return hex(number) if isinstance(number, int) and not -_LARGE <= number < _LARGE else number


def _made_number(value: float | str) -> float:
    return int(value, 16) if isinstance(value, str) else value


# -- events ----------------------------------------------------------------------------------------------------------


def _events(one: EventStatistics) -> list[Any]:
    """Return events; in their order, kinds are known by their place among the sorted ones."""
    kinds = sorted(one.kinds)
    places: dict[Kind | None, int] = {kind: place for place, kind in enumerate(kinds)}
    places[None] = -1
    follows = sorted([places[before], places[after], count] for (before, after), count in one.follows.items())
    return [one.sequences, one.many, [[*kind, *_kind(one.kinds[kind], places)] for kind in kinds], follows]


def _made_events(value: list[Any]) -> EventStatistics:
    made = EventStatistics()
    made.sequences, made.many, listed, follows = value
    kinds: list[Kind | None] = [*((direction, name) for direction, name, *_ in listed), None]
    for direction, name, *rest in listed:
        made.kinds[direction, name] = _made_kind(rest, kinds)
    made.follows.update({(kinds[before], kinds[after]): count for before, after, count in follows})
    return made


def _kind(one: KindStatistics, places: Mapping[Kind | None, int]) -> list[Any]:
    around = [None if kinds is None else sorted(places[kind] for kind in kinds) for kinds in (one.after, one.before)]
    numbers = (one.count, one.sequences, one.first, one.last, one.most, one.named)
    return [*numbers, *around, sorted(places[kind] for kind in one.later), _values(one.values)]


def _made_kind(value: list[Any], kinds: list[Any]) -> KindStatistics:
    made = KindStatistics()
    made.count, made.sequences, made.first, made.last, made.most, made.named, after, before, later, values = value
    made.after = None if after is None else frozenset(kinds[place] for place in after)
    made.before = None if before is None else frozenset(kinds[place] for place in before)
    made.later = frozenset(kinds[place] for place in later)
    made.values = _made_values(values, "")
    return made


def _listed(found: Mapping[str, _T], form: Callable[[_T], list[Any]]) -> list[Any]:
    """Return named things in the order of their names."""
    return [[name, form(found[name])] for name in sorted(found)]
