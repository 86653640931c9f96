"""Read a streamed answer into what an API makes of its events, and tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from probe.renderers import generic
from probe.renderers.blocks import Block, EventCounts, Raw, Text
from probe.renderers.bodies import parsed_event
from probe.renderers.sse import Event, SseParser


class Answer(Protocol):
    """What an API's events come to."""

    counts: Counter[str]
    """Events by type."""

    @property
    def known(self) -> bool:
        """Tell whether any event was one of this API's."""

    def add(self, name: str, event: Any) -> None:
        """Take one event: its name in the stream, and its data."""


_AnAnswer = TypeVar("_AnAnswer", bound=Answer)


def streamed_blocks(
    body: str | tuple[str, ...], answer: _AnAnswer, tell: Callable[[_AnAnswer], Iterable[Block]]
) -> Iterator[Block]:
    """Tell an event stream, or the messages of a WebSocket, by what an empty `answer` makes of its events.

    One with no event of the answer's API is told as it is.
    """
    comments, unfinished = _read(body, answer)
    if answer.counts and not answer.known:
        yield from generic.response_blocks(body, None)
        return
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in ([body] if isinstance(body, str) else body))
    yield EventCounts(size=size, counts=tuple(answer.counts.items()), comments=comments)
    yield from tell(answer)
    for event in unfinished:
        yield Text(text=event.data or "", label=f"Unfinished event {event.type!r}")


def raw_events(shown: dict[str, list[Any]]) -> Iterator[Block]:
    """Tell the events that an API's renderer does not understand, by type."""
    for kind, events in shown.items():
        times = f" ({len(events)} times)" if len(events) > 1 else ""
        yield Raw(reason=f"event {kind!r}{times}", value=events if len(events) > 1 else events[0])


def _read(body: str | tuple[str, ...], answer: Answer) -> tuple[int, list[Event]]:
    """Give an answer its events; tell how many comments stood between them, and which events were cut."""
    if isinstance(body, tuple):
        for text in body:
            answer.add("message", parsed_event(text))
        return 0, []
    parser = SseParser()
    unfinished = []
    for event in parser.read(body):
        if event.complete:
            answer.add(event.type, parsed_event(event.data or ""))
        else:
            unfinished.append(event)
    return parser.comments, unfinished
