"""A stream of which no API is known: read only where its events are JSON-RPC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.api import Answer, EventSource, Part, StreamReader
from probe.renderers.blocks import Block, Body, Text
from probe.renderers.generic.json_rpc import is_json_rpc, json_rpc_blocks


class Reader(StreamReader):
    """Keeps the events until one of them says what they are."""

    knows_end = False

    def __init__(self) -> None:
        self._events: list[tuple[int, str, Any]] = []
        self._known = False

    def add(self, number: int, name: str, event: Any) -> None:
        """Take one event."""
        self._events.append((number, name, event))
        self._known = self._known or is_json_rpc(event)

    def answer(self, last: int) -> Answer:
        """Return a part for each message; the stream is not known where none is JSON-RPC."""
        if not self._known:
            return Answer(known=False)
        parts = (
            Part(source=EventSource(number, number), blocks=tuple(_event_blocks(name, event)))
            for number, name, event in self._events
        )
        return Answer(parts=tuple(parts))


def _event_blocks(name: str, event: Any) -> Iterator[Block]:
    if is_json_rpc(event):
        yield from json_rpc_blocks(event)
    elif isinstance(event, str):
        yield Text(text=event, label=f"Event {name!r}")
    else:
        yield Body(value={name: event}, folded=False)
