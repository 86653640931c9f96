"""Whatever recordings hold, what is kept of them has limits, and what is kept is exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from probe.protocol import endpoint_statistics, many_places, protocol_statistics
from probe.protocol.describing import described
from probe.protocol.documents import documents
from probe.protocol.endpoint_statistics import Address, BodyStatistics, EndpointStatistics, ResponseStatistics
from probe.protocol.many_places import MANY, hashes_of, smallest_of
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.statistics import MORE_FORMS, MOST_FORMS, Objects, Values
from probe.protocol.stored import plain
from probe.slots.relations import MOST_ORIGINS, MOST_PLACES, Relations
from probe.smallest_hashes import drop_beyond, smallest
from tests.fleet_statistics.pieces import observed

ONLY = Address("model", ("",), "POST", "http")


Put = Callable[[ProtocolStatistics, EndpointStatistics, Any], None]
"""Uses a name for something in a protocol with one address."""


def as_agent(whole: ProtocolStatistics, one: EndpointStatistics, name: Any) -> None:
    whole.agents.add(name)


def as_replay(whole: ProtocolStatistics, one: EndpointStatistics, name: Any) -> None:
    whole.replays.add(name)


def as_origin(whole: ProtocolStatistics, one: EndpointStatistics, name: Any) -> None:
    one.origins.add(name)


def as_media_type(whole: ProtocolStatistics, one: EndpointStatistics, name: Any) -> None:
    one.requests.setdefault(name, BodyStatistics()).count += 1


def as_status(whole: ProtocolStatistics, one: EndpointStatistics, name: Any) -> None:
    one.responses.setdefault(name, ResponseStatistics()).count += 1


def as_parameter(whole: ProtocolStatistics, one: EndpointStatistics, name: Any) -> None:
    one.parameters.setdefault(name, Values(f"path.{name}")).merge(observed([name]))


NAMED: dict[str, tuple[Put, str, type]] = {
    "agents": (as_agent, "agents", str),
    "replays": (as_replay, "replays", str),
    "origins": (as_origin, "origins", str),
    "media types": (as_media_type, "requests", str),
    "statuses": (as_status, "responses", int),
    "parameters": (as_parameter, "parameters", str),
}


def recording(names: Sequence[Any], put: Put) -> ProtocolStatistics:
    """Return the statistics of a recording in which names are used for something."""
    made = ProtocolStatistics()
    for name in names:
        put(made, made.endpoint(ONLY), name)
    made.finish()
    return made


@pytest.mark.parametrize(("put", "attribute", "kind"), NAMED.values(), ids=NAMED.keys())
def test_of_many_names_those_with_the_smallest_hashes_are_kept(
    put: Put, attribute: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol_statistics, "MOST_NAMES", 20)
    monkeypatch.setattr(endpoint_statistics, "MOST_NAMES", 20)
    names = [kind(number) for number in range(30)]
    for parts in ((names[:15], names[10:]), (names[10:], names[:15])):
        whole = ProtocolStatistics()
        for part in parts:
            whole.merge(recording(part, put))
        holder = whole if hasattr(whole, attribute) else whole.endpoints[ONLY]
        assert {*map(str, getattr(holder, attribute))} == {*smallest(map(str, names), 20)}
        assert holder.cut
        protocol = described(whole)
        assert protocol.cut is True
        assert "**Not all names are listed**" in dict(documents(protocol))["protocol.md"]
    assert not recording(names[:20], put).cut


def test_numbers_of_names_that_are_kept_are_exact() -> None:
    found = {f"n{number}": number for number in range(100)}
    assert drop_beyond(found, 10)
    assert found == {name: int(name[1:]) for name in smallest([f"n{number}" for number in range(100)], 10)}
    assert not drop_beyond(found, 10)


def test_methods_without_end_are_no_addresses_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol_statistics, "MOST_ENDPOINTS", 50)
    whole = ProtocolStatistics()
    for number in range(2 * protocol_statistics.MOST_ENDPOINTS):
        part = ProtocolStatistics()
        part.endpoint(Address("model", ("", f"p{number}"), f"M{number}", "http")).count += 1
        part.finish()
        whole.merge(part)
    assert len(whole.endpoints) == protocol_statistics.MOST_ENDPOINTS
    assert whole.many
    assert whole.cut


def test_forms_of_keys_without_end() -> None:
    objects = Objects("")
    for number in range(3 * MOST_FORMS):
        objects.member(f"k{number}", lambda name: f"⟨{name}⟩")
    assert len(objects.key_forms) == MOST_FORMS + 1
    assert MORE_FORMS in objects.key_forms


def test_places_of_ids_without_end() -> None:
    found = Relations()
    for number in range(300):
        identity = f"{number:08x}-0000-4000-8000-000000000000"
        found.request({}, {f"p{number}": identity, "always": identity})
        found.answer({f"a{number}": identity})
        found.request({}, {"always": identity})
    more, present, both, carried = found.plain()
    assert more
    assert {place for place, _ in present} == set(
        smallest(["always", *(f"p{number}" for number in range(300))], MOST_PLACES)
    )
    assert len(both) <= MOST_PLACES**2
    assert max([len([1 for at, _, _ in carried if at == place]) for place in range(len(present))]) <= MOST_ORIGINS


def nested(names: Sequence[str], depth: int) -> Any:
    """Return objects within objects that all have the same names."""
    return {name: nested(names, depth - 1) for name in names} if depth else 1


def with_body(value: Any) -> ProtocolStatistics:
    """Return the statistics of a recording with one body."""
    made = ProtocolStatistics()
    body = made.endpoint(ONLY).requests.setdefault("application/json", BodyStatistics())
    body.count, body.values = 1, observed([value])
    made.finish()
    return made


def test_places_without_end_are_not_described_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Few names at each level, so that none of the objects is a map: it is their product that has no end.
    names = [f"n{number}" for number in range(12)]
    large = [with_body({"model": "m", name: nested(names, 2)}) for name in names]
    sizes = []
    for most in (many_places.MOST_PLACES, 500):
        monkeypatch.setattr(many_places, "MOST_PLACES", most)
        whole = ProtocolStatistics()
        for one in large:
            whole.merge(one)
        sizes.append(len(msgspec.msgpack.encode(plain(whole))))
    assert sizes[1] < sizes[0] / 20
    (endpoint,) = whole.endpoints.values()
    (objects,) = (endpoint.requests["application/json"].values.objects or {}).values()
    assert set(objects.members) == {"model", *names}
    assert {name for name, one in objects.members.items() if MANY in one.opaque} == set(names)
    assert MANY in dict(documents(described(whole)))["protocol.json"]


@pytest.mark.parametrize("number", [40, 1400, 20_000])
def test_the_number_of_places_is_known_from_few_hashes(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {one for part in range(10) for one in hashes_of(named(number, part))}
    whole = smallest_of(hashes)
    for most, many in ((number * 2, False), (number // 2, number > many_places.KEPT_HASHES)):
        monkeypatch.setattr(many_places, "MOST_PLACES", most)
        assert many_places.are_many(whole) is many


def named(number: int, part: int) -> list[tuple[str, EndpointStatistics]]:
    """Return an endpoint with one of ten parts of so many places, and with those that all parts have."""
    endpoint = EndpointStatistics()
    for name in range(part * number // 10, (part + 1) * number // 10):
        endpoint.parameters[f"p{name}"] = Values("")
    return [("model", endpoint)]
