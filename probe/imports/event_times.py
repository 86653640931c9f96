"""The times of events, which some formats have beside the text of a stream: as pieces of that text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from probe.imports.source import Piece
from probe.renderers.sse import SseParser


class TimedEvent(Protocol):
    """An event with its time."""

    time: float
    data: str | None
    event_name: str | None
    event_id: str | None


def event_pieces(body: bytes, events: Sequence[TimedEvent]) -> list[Piece]:
    """Return when each event of a stream arrived; nothing where these are not its events."""
    parser = SseParser()
    found = [one for one in [*parser.feed(body), *parser.finish()] if one.complete and one.data is not None]
    if [one.data for one in found] != [one.data or "" for one in events]:
        return []
    # What is before the first event, a comment say, came no later.
    begins = [0, *(one.offset for one in found[1:])]
    return list(zip((one.time for one in events), begins, strict=False))


def body_of_events(events: Sequence[TimedEvent]) -> tuple[bytes, list[Piece]]:
    """Return the text of a stream that has these events, and when each arrived."""
    texts, pieces, place = [], [], 0
    for event in events:
        text = "".join(_lines(event)).encode("utf-8", "replace")
        texts.append(text)
        pieces.append((event.time, place))
        place += len(text)
    return b"".join(texts), pieces


def _lines(event: TimedEvent) -> Iterator[str]:
    if event.event_id:
        yield f"id: {event.event_id}\n"
    if event.event_name and event.event_name != "message":
        yield f"event: {event.event_name}\n"
    yield from (f"data: {line}\n" for line in (event.data or "").split("\n"))
    yield "\n"
