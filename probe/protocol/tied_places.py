"""Find the places of ids in the tables of `protocol.md`, as they are written there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from probe.protocol.description import Endpoint, Grammar, Protocol
from probe.protocol.values import Value, places

_VARIANT = re.compile(r"\[(?:[^\[\]]*=[^\[\]]*|other)\]")


class Tie(NamedTuple):
    """Two places that carry the same id."""

    listener: str
    places: tuple[str, str]
    found: str
    """`3 of 3`."""


class _Place(NamedTuple):
    """A place of a table."""

    shown: str
    plain: str
    """As places of ids are written: without variants, and without a mark where JSON is in a string."""
    value: Value


def tied_places(protocol: Protocol) -> Iterator[Tie]:
    """Yield the places with the same ids, once each; none that is in no table."""
    for same in protocol.ids:
        endpoint = next(
            one
            for one in protocol.endpoints
            if one.listener == same.listener and same.places[0].startswith(f"{one.name} request ")
        )
        first, other = (place.removeprefix(f"{endpoint.name} ").partition(" ") for place in same.places)
        requests = [*_of_requests(endpoint)]
        here, side = _found(requests, first[2]), other[0]
        there = _answered(endpoint, other[2], here) if side == "answer" else _found(requests, other[2])
        if here and there:
            shown = f"{endpoint.name} request {_either(here)}", f"{endpoint.name} {side} {_either(there)}"
            yield Tie(same.listener or "", shown, f"{same.count} of {same.of}")


def _either(found: Iterable[_Place]) -> str:
    return " or ".join(dict.fromkeys(one.shown for one in found))


def _found(known: Sequence[_Place], plain: str) -> list[_Place]:
    """Return the places that are written so; of several those whose values differ from run to run."""
    found = [one for one in known if _is(one.plain, plain)]
    return [one for one in found if _forms(one.value)] or found


def _is(pattern: str, plain: str) -> bool:
    return pattern == plain or ("*" in pattern and bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), plain)))


def _answered(endpoint: Endpoint, plain: str, sent: Sequence[_Place]) -> list[_Place]:
    """Return where an answer first has an id: in a member of the same name, whose values have the same form."""
    forms = {form for one in sent for form in _forms(one.value)}
    name = plain.rpartition(".")[2]
    alike = [
        one
        for one in _of_answers(endpoint)
        if one.plain.rpartition(" ")[2].rpartition(".")[2] == name and forms & _forms(one.value)
    ]
    return alike[:1]


def _forms(value: Value) -> set[str]:
    """Return what volatile strings at a place look like."""
    texts = (value.slot, *value.examples)
    return {re.sub(r"⟨.*", "", text) + "⟨" for text in texts if isinstance(text, str) and "⟨" in text}


def _of_requests(endpoint: Endpoint) -> Iterator[_Place]:
    for name, member in endpoint.request_headers.items():
        yield from _below(member.value, f"headers.{name}")
    for body in endpoint.requests:
        if body.value:
            yield from _below(body.value)
    yield from _of_events(endpoint.messages, "client", named=False)


def _of_answers(endpoint: Endpoint) -> Iterator[_Place]:
    for response in endpoint.responses:
        for body in response.bodies:
            if body.value:
                yield from _below(body.value)
            yield from _of_events(body.events, "server", named=True)
    yield from _of_events(endpoint.messages, "server", named=True)


def _of_events(events: Grammar | None, direction: str, *, named: bool) -> Iterator[_Place]:
    for kind in events.kinds if events else ():
        if kind.direction == direction:
            for one in _below(kind.value):
                yield one._replace(shown=f"{kind.kind} {one.shown}") if named else one


def _below(value: Value, at: str = "") -> Iterator[_Place]:
    for place in places(value, at):
        yield _Place(place.at, _VARIANT.sub("", place.at).replace("→", ""), place.value)
