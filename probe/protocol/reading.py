"""Read a record once and add up what its protocol is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from probe.protocol.carried_ids import add_ids
from probe.protocol.counted_items import CountedItems
from probe.protocol.endpoint_statistics import (
    Address,
    BodyStatistics,
    EndpointStatistics,
    ResponseStatistics,
    path_of,
)
from probe.protocol.event_order import EventStatistics, Step
from probe.protocol.observing import TAGS, Observer, tag_of
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.servers import public_origin
from probe.protocol.statistics import ARRAY, Values, latest
from probe.record.exchange import Headers, Payload
from probe.record.manifest_fields import Facts
from probe.renderers.api import ItemField
from probe.renderers.events import kind_of
from probe.renderers.joined_events import Event
from probe.renderers.json_reader import Json
from probe.renderers.loader import Renderer
from probe.renderers.urls import split_url
from probe.slots.relations import Relations
from probe.slots.slots import Slots
from probe.trace.facts import TurnFacts
from probe.trace.items import Known, NewItem
from probe.trace.trace import read_trace
from probe.trace.turns import Traced, Turn


def protocol_of(
    path: Path,
    renderer: Renderer,
    slots: Slots,
    *,
    agent: str = "",
    on_malformed: Callable[[int, str], None] = lambda number, reason: None,
) -> ProtocolStatistics:
    """Read a record, once; `agent` names what was recorded."""
    reader = ProtocolReader(slots, agent)
    read_trace(path, renderer, on_exchange=reader.add, on_malformed=on_malformed, structured=False)
    return reader.finish()


def replay_of(facts: Facts) -> str | None:
    """Return which recording answered a run, and with which faults; None where that was a real API."""
    if facts.replay_of is None:
        return None
    faults = facts.settings.get("fault")
    listed = ", ".join(map(str, faults.value)) if faults and isinstance(faults.value, list) else ""
    return f"{facts.replay_of} with faults: {listed}" if listed else facts.replay_of


class ProtocolReader:
    """Takes the exchanges of one trace (`on_exchange` of `read_trace`) and adds up what they show."""

    def __init__(self, slots: Slots, agent: str = "") -> None:
        self._statistics = ProtocolStatistics()
        self._statistics.recordings = 1
        self._statistics.agents = {agent} if agent else set()
        self._slots = slots
        self._observer = Observer(slots.text, self._slot)
        self._items = CountedItems(self._observer)
        self._origin = lru_cache(maxsize=1000)(public_origin)
        self._path = lru_cache(maxsize=1000)(lambda path: path_of(path, slots.text))

    def add(self, traced: Traced, facts: Sequence[TurnFacts] = (), new: Sequence[NewItem] = ()) -> None:
        """Add an exchange."""
        exchange, request, response = traced.exchange, traced.exchange.request, traced.exchange.response
        url = split_url(request.url)
        path = self._path(url.path)
        websocket = exchange.websocket is not None
        address = Address(exchange.listener, path.words, request.method, "websocket" if websocket else "http")
        self._statistics.exchanges += 1
        endpoint = self._statistics.endpoint(address)
        endpoint.count += 1
        endpoint.calls += len(traced.turns)
        endpoint.agents |= self._statistics.agents
        endpoint.apis.add(traced.api.name)
        if origin := self._origin(url.origin):
            endpoint.origins.add(origin)
        if traced.turns:
            endpoint.relations = endpoint.relations or Relations(self._slots)
            add_ids(endpoint.relations, exchange, traced.turns, new)
        for name, value in path.values.items():
            self._observer.add(endpoint.parameters.setdefault(name, Values(f"path.{name}")), value)
        self._observer.add(endpoint.query, _single(parse_qs(url.query, keep_blank_values=True)))
        self._observer.add(endpoint.request_headers, _lowered(request.headers))
        answer = endpoint.responses.setdefault(response.status_code if response else None, ResponseStatistics())
        answer.count += 1
        if response:
            self._observer.add(answer.headers, _lowered(response.headers))
        if websocket:
            self._websocket(endpoint, traced)
        else:
            self._http(endpoint, answer, traced)

    def finish(self) -> ProtocolStatistics:
        """Return what all exchanges show."""
        self._items.settle()
        self._statistics.finish()
        return self._statistics

    def _slot(self, number: float, at: str) -> str | None:
        return next((found.slot for found in self._slots.found(number, at)), None)

    # -- HTTP ----------------------------------------------------------------------------------------------------

    def _http(self, endpoint: EndpointStatistics, answer: ResponseStatistics, traced: Traced) -> None:
        request, response = traced.exchange.request, traced.exchange.response
        turn = traced.turns[0] if traced.turns else None
        body = _body(endpoint.requests, request, turn is not None or traced.request_body not in (None, ""))
        if body and turn:
            self._call(body.values, turn)
        elif body:
            self._value(body.values, request, traced.request_body)
        events = turn.events if turn else traced.events
        value = turn.body if turn else traced.response_body
        found = _body(answer.bodies, response, bool(events) or value not in (None, "")) if response else None
        if found and events:
            self._events(found.events, events)
            found.events.ordered(_steps(events))
        elif found and response:
            self._value(found.values, response, value)

    def _value(self, node: Values, payload: Payload, value: Any) -> None:
        """Add a whole body, where it is JSON."""
        if payload.whole_text or payload.body_kind in ("base64", "sse"):
            return
        if type(value) is not str or payload.body_kind == "json":
            self._observer.add(node, value)

    # -- calls ---------------------------------------------------------------------------------------------------

    def _call(self, node: Values, turn: Turn) -> None:
        """Add the body of a call: its items are known, and most of them were sent before."""
        fields = {field.at: (field, known) for field, known in turn.items}
        if len(fields) < len(turn.items) or not turn.request.is_object:
            self._observer.add(node, turn.request.value)
            return
        self._members(node, turn.request, fields, "")

    def _members(
        self, node: Values, json: Json, fields: Mapping[str, tuple[ItemField, Sequence[Known]]], prefix: str
    ) -> None:
        members = json.members
        tag = tag_of({name: members[name].value for name in TAGS if name in members and not members[name].is_array})
        objects = self._observer.add_object(node, tag, len(members))
        for name, one in members.items():
            at = prefix + name
            member = self._observer.member(latest(objects), name)
            if at in fields:
                field, known = fields[at]
                if field.listed:
                    member.counts[ARRAY] += 1
                    member.sized(len(known))
                    member.elements = member.elements or Values(f"{member.at}[]")
                    member = member.elements
                self._items.add(member, field, known)
            elif one.is_object and any(other.startswith(f"{at}.") for other in fields):
                self._members(member, one, fields, f"{at}.")
            else:
                self._observer.add(member, one.value)

    # -- events --------------------------------------------------------------------------------------------------

    def _events(self, statistics: EventStatistics, events: Iterable[Event]) -> None:
        for event in events:
            kind = statistics.kind("server", event.kind)
            kind.count += event.pieces
            if event.name == event.kind:
                kind.named += event.pieces
            self._observer.add_joined(kind.values, event.data, event.pieces)

    def _websocket(self, endpoint: EndpointStatistics, traced: Traced) -> None:
        messages = endpoint.messages
        for turn in traced.turns:
            name = kind_of("text", {"type": turn.request.get("type")})
            kind = messages.kind("client", name)
            kind.count += 1
            self._call(kind.values, turn)
            self._events(messages, turn.events)
            messages.ordered([Step(("client", name), 1), *_steps(turn.events)])
        steps = []
        for other in traced.other_messages:
            kind = messages.kind(other.message.direction, other.kind)
            kind.count += 1
            if other.message.type == "text":
                self._observer.add(kind.values, other.value)
            steps.append(Step((other.message.direction, other.kind), 1))
        if steps and not traced.turns:
            messages.ordered([Step(kind, len([*same])) for kind, same in groupby(step.kind for step in steps)])


def _steps(events: Iterable[Event]) -> list[Step]:
    return [
        Step(("server", kind), sum(event.pieces for event in same))
        for kind, same in groupby(events, key=lambda event: event.kind)
    ]


def _body(bodies: dict[str, BodyStatistics], payload: Payload, there: bool) -> BodyStatistics | None:
    """Return the statistics of a body, now counted; None where there is none."""
    if not there:
        return None
    media_type = (payload.header("content-type") or "").partition(";")[0].strip().lower()
    body = bodies.setdefault(media_type, BodyStatistics())
    body.count += 1
    return body


def _lowered(headers: Headers) -> dict[str, str | list[str]]:
    return {name.lower(): value for name, value in headers.items()}


def _single(query: dict[str, list[str]]) -> dict[str, Any]:
    return {name: values[0] if len(values) == 1 else values for name, values in query.items()}
