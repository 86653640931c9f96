"""Small random parts of statistics, limits that they reach, and every way to add them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import strategies as st

from probe.fleet import measures, sides
from probe.fleet import statistics as fleet_statistics
from probe.protocol import endpoint_statistics, event_order, many_places, protocol_statistics, scalars, statistics
from probe.protocol.endpoint_statistics import Address, BodyStatistics, ResponseStatistics
from probe.protocol.event_order import EventStatistics, Step
from probe.protocol.observing import Observer
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.statistics import Values
from probe.slots import relations
from probe.slots.relations import Relations

NAMES = st.sampled_from(["type", "role", "a", "b", "c", "d", "7", "2026-1", "x2026", "arguments", "text", "\ud800"])
NUMBERS = st.sampled_from(
    [0, 1, 1.0, -0.0, 2, 2.5, 3, 1 << 53, float(1 << 53), 1 << 70, float(1 << 70), 10**400, 1e300]
)
WORDS = st.sampled_from(
    ["message", "user", "", "{}", '{"a": [1]}', '{"b": {"c": 1}}', "2026-01-01", "x" * 90, "\udfff"]
)
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=10
)
KINDS = st.sampled_from([("server", name) for name in "abcd*"] + [("client", "a"), ("client", "e")])
SEQUENCES = st.lists(st.lists(st.builds(Step, KINDS, st.integers(1, 3)), max_size=5), max_size=3)
IDS = st.sampled_from([f"{number:08x}-0000-4000-8000-{number:012x}" for number in range(4)])
SENT = st.dictionaries(st.sampled_from("abcdefgh"), IDS, max_size=6)
ADDRESSES = st.builds(
    Address,
    st.sampled_from([None, "", "model"]),
    st.sampled_from("abcd").map(lambda word: ("", word)),
    st.sampled_from(["GET", "POST", "PUT"]),
    st.sampled_from(["http", "websocket"]),
)

LIMITS: list[tuple[Any, str, Any]] = [
    (scalars, "MOST_VALUES", 3),
    (scalars, "MOST_EXAMPLES", 2),
    (statistics, "MOST_MEMBERS", 3),
    (statistics, "MOST_TAGS", 2),
    (statistics, "MOST_FORMS", 1),
    (event_order, "MOST_KINDS", 4),
    (endpoint_statistics, "MOST_NAMES", 2),
    (protocol_statistics, "MOST_NAMES", 2),
    (protocol_statistics, "MOST_ENDPOINTS", 3),
    (many_places, "KEPT_HASHES", 4),
    (many_places, "MOST_PLACES", 60),
    (relations, "MOST_PLACES", 4),
    (relations, "MOST_ORIGINS", 2),
    (
        measures,
        "CAPS",
        {name: (2, *caps[1:]) for name, caps in measures.CAPS.items() if name != "sums"} | {"sums": (99,)},
    ),
    (sides, "CAPS", {name: tuple(2 for _ in caps) for name, caps in sides.CAPS.items()}),
    (fleet_statistics, "MOST_GROUPS", 2),
    (fleet_statistics, "MOST_EXAMPLES", 2),
]
"""Limits that a few small parts reach."""


class Adds(Protocol):
    """Statistics."""

    def merge(self, other: Any) -> None:
        """Add others."""


_S = TypeVar("_S", bound=Adds)


@contextmanager
def low_limits() -> Iterator[None]:
    """Set the limits low."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in LIMITS:
            patch.setattr(module, name, value)
        yield


def added_up(draw: Callable[[Any], Any], parts: Sequence[_S], empty: Callable[[], _S], copy: Callable[[_S], _S]) -> _S:
    """Return parts added up in a random order and as a random tree, empty ones among them.

    Some are copied on the way, as what another process hands over is.
    """
    left = [*map(copy, draw(st.permutations(list(parts))))]
    while len(left) > 1:
        one, other = (left.pop(draw(st.integers(0, len(left) - 1))) for _ in range(2))
        whole = empty() if draw(st.booleans()) else one
        if whole is not one:
            whole.merge(one)
        whole.merge(other)
        left.append(copy(whole) if draw(st.booleans()) else whole)
    return left[0] if left else empty()


def observed(values: list[Any], at: str = "", *, joined: bool = False) -> Values:
    """Return the statistics of values."""
    observer, found = Observer(lambda text, at: text.replace("2026", "⟨year⟩"), _slot), Values(at)
    for value in values:
        if joined:
            observer.add_joined(found, value, 2)
        else:
            observer.add(found, value)
    return found


def _slot(number: float, at: str) -> str | None:
    return "time" if number == 2.5 else None


@st.composite
def protocols(draw: Callable[[Any], Any]) -> ProtocolStatistics:
    """Return the statistics of a small protocol."""
    made = ProtocolStatistics()
    made.recordings, made.exchanges = 1, draw(st.integers(0, 3))
    made.agents = draw(st.sets(st.sampled_from("xyz"), max_size=2))
    made.answered_by(draw(st.sampled_from([None, *"rst"])))
    for address in draw(st.lists(ADDRESSES, max_size=3)):
        endpoint = made.endpoint(address)
        endpoint.count += 1
        endpoint.agents |= made.agents
        endpoint.origins.add(draw(st.sampled_from(["https://a.example", "https://b.example", "https://c.example"])))
        name = draw(st.sampled_from("pqr"))
        endpoint.parameters.setdefault(name, Values(f"path.{name}")).merge(observed([draw(WORDS)]))
        endpoint.query.merge(observed([draw(JSON)], "query"))
        body = endpoint.requests.setdefault(draw(st.sampled_from("mno")), BodyStatistics())
        body.count += 1
        body.values.merge(observed(draw(st.lists(JSON, max_size=3)), joined=draw(st.booleans())))
        answer = endpoint.responses.setdefault(draw(st.sampled_from([None, 200, 500])), ResponseStatistics())
        answer.count += 1
        events = answer.bodies.setdefault(draw(st.sampled_from("mno")), BodyStatistics()).events
        events.merge(ordered(draw(SEQUENCES)))
        endpoint.relations = endpoint.relations or Relations()
        endpoint.relations.merge(related(draw(st.lists(st.tuples(SENT, SENT), max_size=3))))
    made.finish()
    return made


def ordered(sequences: list[list[Step]]) -> EventStatistics:
    """Return the statistics of sequences of events."""
    found = EventStatistics()
    for one in sequences:
        found.ordered(one)
        for step in one:
            kind = found.kind(*step.kind)
            kind.count += step.times
            kind.values.merge(observed([step.times]))
    return found


def related(calls: list[tuple[dict[str, str], dict[str, str]]]) -> Relations:
    """Return which places of requests, and of answers, have the same ids."""
    found = Relations()
    for sent, answered in calls:
        found.request({}, sent)
        found.answer(answered)
    return found
