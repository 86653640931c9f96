"""What came back for one call of the model, read once: a stream of events, or one body."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any

import msgspec

from probe.record.body_text import string_of
from probe.record.exchange import OutlinedExchange, UnreadResponse
from probe.renderers.api import Answer, Api, EventSource, StreamReader
from probe.renderers.blocks import Block, Body, CutShort, EventCounts, Text
from probe.renderers.events import Stream
from probe.renderers.joined_events import Event, read_events, read_values
from probe.renderers.json_reader import Json, decoded_base64, parsed, parsed_json
from probe.renderers.safely import safely
from probe.trace.bodies import body_blocks, count_body, left_out, read_body, shown_as_is, sized
from probe.trace.large_json import read_large
from probe.trace.repeats import Repeated, Repeats, Shorter, restored
from probe.trace.shapes import Shape, Structure
from probe.trace.turns import Traced

_repeats = Repeats()
_string = msgspec.json.Decoder(str).decode


class AnswerReader:
    """Reads what came back for one call."""

    def __init__(
        self, responses: Structure, generic: Api, traced: Traced, path: str, response: UnreadResponse | None
    ) -> None:
        self.answer: Answer | None = None
        self.counts: EventCounts | None = None
        self.blocks: tuple[Block, ...] = ()
        self.complete = False
        self._responses, self._generic = responses, generic
        self._traced, self._path, self._response = traced, path, response
        self._stream: Stream | None = None
        self._cuts: Sequence[Repeated] = ()
        """What was cut from the text of the stream."""
        self.value: Any = None
        """The whole body, where it is no stream."""
        self.events: Sequence[Event] = ()
        """Those of a stream."""

    def read(self, *, only_streams: bool = False) -> bool:
        """Read the body of the response; False when it is no stream and only those are wanted."""
        response, api, error = self._response, self._traced.api, self._traced.exchange.error
        if response is None:
            return True
        source, known_size, cuts = self._read_body(response)
        data = decoded_base64(source) if response.body_kind == "base64" and api.reads_bytes else None
        split = data if data is not None else source
        stream = self._traced.attempt(lambda: api.split(self._path, split)) if split else None
        if stream is None and cuts:
            source, cuts = string_of(response.body), []
        size = known_size
        if size is None:
            counted = stream.size if stream is not None else None
            size = sized(source, counted) + sum(one.removed for one in cuts)
        self._traced.received += size
        if stream is not None:
            self.read_stream(stream, size, "sse", text=source if data is None else None, cuts=cuts)
            if self._cuts and isinstance(source, str):
                self._traced.shorter = Shorter(text=source, cuts=self._cuts)
            return True
        self.value = value = source.value if isinstance(source, Json) else source
        if only_streams:
            return False
        count_body(self._responses, value)
        shown = parsed_json(value) if data is None else data
        found = self._traced.attempt(lambda: api.answer(self._path, shown, response.status_code))
        if found is not None:
            self.answer, self.blocks = found, tuple(found.blocks)
        else:
            status = response.status_code
            blocks = body_blocks(
                self._traced, response, value, lambda one: api.response_blocks(self._path, one, status)
            )
            self.blocks = blocks or tuple(self._generic.response_blocks(self._path, value, status) or ())
        self.complete = (error is None or bool(found and found.ended and found.stop)) and not response.decode_error
        if response.whole_text:
            self.blocks = (left_out(response), *self.blocks)
        return True

    def _read_body(self, response: UnreadResponse) -> tuple[Json | str | None, int | None, list[Repeated]]:
        """Return the body, its size where it is known, and what was cut from its text."""
        if isinstance(self._traced.exchange, OutlinedExchange):
            shorter, cuts = _repeats.cut(response.body)
            if cuts:
                return _string(shorter), response.size, cuts
        return *read_body(self._traced.exchange, response), []

    def read_stream(
        self, stream: Stream, size: int, transport: str, text: Any = None, cuts: Sequence[Repeated] = ()
    ) -> None:
        """Read a stream of events; `cuts` were cut from its text."""
        self._stream, self._cuts = stream, cuts
        found = self._traced.api.stream() or self._generic.stream()
        assert found is not None
        failed: str | None = None
        counts: Counter[str] = Counter()
        self.events, shapes = self._events(stream)
        for number, pieces, name, kind, data, _empty in self.events:
            counts[kind] += pieces
            self._responses.add_value(f"{transport}[{kind[:100]}]", data, shapes.get(id(data)), pieces)
            if failed is None:
                failed = _added(found, number, name, data)
        self.counts = EventCounts(size=size, counts=tuple(counts.items()), comments=stream.comments)
        self._finish(found, failed, text)

    def _events(self, stream: Stream) -> tuple[Sequence[Event], Mapping[int, Shape]]:
        """Return the events of a stream, and the shapes of some by the identity of their data."""
        api, response = self._traced.api, self._response
        shapes: dict[int, Shape] = {}
        outlined = response is not None and isinstance(self._traced.exchange, OutlinedExchange)
        see = partial(_repeats.see, response.body) if response is not None and outlined else None

        def large(data: str | bytes) -> Any:
            value, shape = read_large(data, see)
            # The values live as long as the events, so none takes the identity of another.
            shapes[id(value)] = shape
            return value

        events = [*read_events(stream, api, large)]
        if not self._cuts:
            return events, shapes
        lost = restored(events, shapes, self._cuts)
        if lost is None:
            # Somebody wrote what looks like a repeat to where none belongs.
            whole = self._whole(None)
            self._stream, self._cuts = api.split(self._path, whole), ()
            return self._events(self._stream) if self._stream else ((), {})
        self._stream = stream._replace(lost=lost)
        return events, shapes

    def _whole(self, text: Any) -> Any:
        """Return the text of a stream with what was cut from it."""
        return string_of(self._response.body) if self._response is not None and self._cuts else text

    def _finish(self, found: StreamReader, failed: str | None, text: Any) -> None:
        stream, error = self._stream, self._traced.exchange.error
        assert stream is not None
        assert self.counts is not None
        last = stream.length - 1
        answer, failed_late = safely(lambda: found.answer(last)) if failed is None else (None, failed)
        unbroken = error is None and not stream.unfinished
        response = self._response
        shown: list[Block] = [left_out(response)] if response is not None and response.whole_text else []
        shown.append(self.counts)
        if failed_late:
            self._traced.failures.append(failed_late)
            shown += shown_as_is(failed_late, self._whole(text) if text is not None else _values(stream))
            self.complete = unbroken
        elif answer is None or not answer.known:
            body = self._whole(text)
            shown += [Body(value=body)] if isinstance(body, str) else [Body(value=_values(stream), folded=True)]
            shown += [CutShort()] if stream.unfinished else []
            self.complete = unbroken
        else:
            self.answer, self.complete = answer, answer.ended and (unbroken or found.knows_end)
            shown += answer.blocks
            shown += [] if answer.ended else [CutShort()]
        for name, data in stream.unfinished:
            shown += [CutShort(what="event"), Text(text=data, label=f"Unfinished event {name!r}")]
        if self._response is not None and self._response.decode_error:
            self.complete = False
        self.blocks = tuple(shown)

    def first_part(self, event_times: Sequence[float]) -> float | None:
        """Return when the first piece of the answer's content arrived."""
        source = self.answer.parts[0].source if self.answer and self.answer.parts else None
        if isinstance(source, EventSource):
            number = self._first_content(source)
            if number is None:
                return None
            if event_times or self._offset(number) is not None:
                return self.event_time(number, event_times)
        return self._response.started if self._response else None

    def event_time(self, number: int, event_times: Sequence[float] = ()) -> float | None:
        """Return when an event arrived, by its number in the stream; None where that is not known."""
        if event_times:
            return event_times[min(number, len(event_times) - 1)]
        offset = self._offset(number)
        return _time_at(self._response.pieces, offset) if offset is not None and self._response else None

    def _offset(self, number: int) -> int | None:
        """Return where an event begins in a body; None where that is not known."""
        return self._stream.offset(number) if self._stream and self._response else None

    def _first_content(self, source: EventSource) -> int | None:
        """Return the number of the first event with content; None where an answer was cut short before it."""
        first = bisect_left(self.events, source.first, key=attrgetter("number"))
        for event in islice(self.events, first, None):
            if isinstance(event.data, dict) and self._traced.api.has_content(event.data):
                return event.number + event.empty
        # A call without arguments is whole when its part ends.
        return source.last if self.answer and self.answer.ended else None


def _values(stream: Stream) -> list[Any]:
    """Read all events again, each by itself: to show a stream that no renderer could read."""
    return read_values(stream.texts, parsed)


def _added(reader: StreamReader, number: int, name: str, data: Any) -> str | None:
    """Add an event to a reader; return why it failed."""
    try:
        reader.add(number, name, data)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _time_at(pieces: Sequence[tuple[float, int]], offset: int) -> float | None:
    """Return when the piece with a byte arrived."""
    found = None
    for time, begin in pieces:
        if begin > offset:
            break
        found = time
    return found
