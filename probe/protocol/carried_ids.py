"""Find which places of the calls at one address carry the same ids: what ties exchanges together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from probe.protocol.description import Endpoint, SameId
from probe.record.exchange import UnreadExchange
from probe.renderers.api import Kind
from probe.slots.relations import Relations
from probe.trace.items import NewItem
from probe.trace.turns import Turn


def add_ids(relations: Relations, exchange: UnreadExchange, turns: Sequence[Turn], new: Sequence[NewItem]) -> None:
    """Count the ids of calls: in headers, in settings, and in what is sent for the first time."""
    first: dict[str, list[Any]] = {}
    for item in new:
        if item.known.kind is Kind.MESSAGE:
            first.setdefault(item.known.at.rpartition("].")[2].removesuffix("[]"), []).append(item.value)
    for turn in turns:
        settings = {field.at: field.json.value for field, _ in turn.items if field.kind is Kind.SETTING}
        relations.request(exchange.request.headers, settings | first)
        # What is new is known by exchange, not by call: on a WebSocket the last one carries most of it.
        first = {}
        if turn.answer:
            relations.answer({"id": turn.answer.response_id, "output": list(turn.answer.sent_back)})


def same_ids(endpoint: Endpoint, relations: Relations) -> Iterator[SameId]:
    """Yield the places with the same ids at an endpoint."""
    name = endpoint.name
    for one in relations.found():
        other = f"{name} {'answer' if one.answer else 'request'} {one.same_as}"
        yield SameId(
            listener=endpoint.listener, places=(f"{name} request {one.place}", other), count=one.count, of=one.total
        )
