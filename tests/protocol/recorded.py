"""Records of all APIs with their protocols, and every recorded body and event with the definition that describes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from probe.protocol.component_names import Key, component_names
from probe.protocol.describing import described
from probe.protocol.description import Protocol
from probe.protocol.endpoint_statistics import path_of
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.reading import protocol_of
from probe.renderers.events import kind_of
from probe.renderers.json_reader import parsed
from probe.renderers.loader import AUTO, load_renderer
from probe.renderers.sse import SseParser, is_stream
from probe.renderers.urls import split_url
from probe.slots.slots import Slots
from probe.trace.trace import read_trace
from probe.trace.turns import Traced
from tests.conftest import GOLDEN
from tests.support import bundled

RECORDS = {
    **{f"{path.parent.name}/{path.stem}": path for path in sorted(GOLDEN.glob("*/*.jsonl"))},
    **bundled.RECORDS,
}
"""Golden records and bundled samples."""


class Recorded(NamedTuple):
    """One body, event or message of a record."""

    definition: str
    value: Any


def statistics_of(path: Path) -> ProtocolStatistics:
    """Return what a record shows."""
    return protocol_of(path, load_renderer(AUTO), Slots())


@cache
def protocol(case: str) -> Protocol:
    """Return the description of a record."""
    return described(statistics_of(RECORDS[case]))


def recorded(path: Path) -> Iterator[Recorded]:
    """Yield every JSON body, event and message of a record; events one by one, none joined with others."""
    found: list[tuple[Key, Any]] = []
    read_trace(path, load_renderer(AUTO), on_exchange=lambda traced, facts, new: found.extend(of_exchange(traced)))
    names = component_names(described(statistics_of(path)))
    for key, value in found:
        yield Recorded(names.get(key, str(key)), value)


def of_exchange(traced: Traced) -> Iterator[tuple[Key, Any]]:
    """Yield the key of its component and the value of each JSON body, event and message."""
    exchange, request, response = traced.exchange, traced.exchange.request, traced.exchange.response
    words = path_of(split_url(request.url).path, Slots().text).words
    name = f"{'WS' if exchange.websocket else request.method} {'/'.join(words)}"
    at = (exchange.listener or "", name, request.method)
    for message in exchange.websocket.messages if exchange.websocket else ():
        value = parsed(message.content) if message.type == "text" else None
        if isinstance(value, dict):
            yield (*at, "message", message.direction, kind_of(message.type, value)), value
    if exchange.websocket:
        return
    turn = traced.turns[0] if traced.turns else None
    sent = turn.request.value if turn else traced.request_body
    if isinstance(sent, dict | list):
        yield (*at, "request", _media_type(request.header("content-type"))), sent
    if response is None:
        return
    where = (*at, str(response.status_code), _media_type(response.header("content-type")))
    got = turn.body if turn else traced.response_body
    if isinstance(got, dict | list):
        yield where, got
    for kind, data in _events(traced):
        yield (*where, "server", kind_of(kind, data)), data


def _events(traced: Traced) -> Iterator[tuple[str, Any]]:
    response = traced.exchange.response
    text = parsed(bytes(response.body)) if response else None
    if isinstance(text, str) and is_stream(text):
        for event in SseParser().read(text):
            if event.complete and event.data is not None:
                yield event.type, parsed(event.data)
    else:
        # Streams of another form: as the renderer splits them.
        for one in [*(event for turn in traced.turns for event in turn.events), *traced.events]:
            yield one.name, one.data


def _media_type(header: str | None) -> str:
    return (header or "").partition(";")[0].strip().lower()
