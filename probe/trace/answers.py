"""What came back for one call of the model, read once: a stream of events, or one body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from probe.record.exchange import UnreadResponse
from probe.renderers.api import Answer, Api, EventSource, StreamReader
from probe.renderers.blocks import Block, Body, CutShort, EventCounts, Text
from probe.renderers.events import Stream
from probe.renderers.joined_events import Event, read_events, read_values
from probe.renderers.json_reader import Json, decoded_base64, parsed, parsed_json
from probe.renderers.safely import safely
from probe.trace.bodies import body_blocks, count_body, left_out, read_body, shown_as_is, sized
from probe.trace.large_json import read_large
from probe.trace.repeats import Repeated, Repeats, restored
from probe.trace.shapes import Shape, Structure, shape_of
from probe.trace.turns import Traced

_repeats = Repeats()


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
        self.value: Any = None
        """The whole body, where it is no stream."""

    def read(self, *, only_streams: bool = False) -> bool:
        """Read the body of the response; False when it is no stream and only those are wanted."""
        response, api, error = self._response, self._traced.api, self._traced.exchange.error
        if response is None:
            return True
        source, known_size = read_body(self._traced.exchange, response)
        data = decoded_base64(source) if response.body_kind == "base64" and api.reads_bytes else None
        split = data if data is not None else source
        split, cuts = _repeats.cut(split) if isinstance(split, str) else (split, [])
        stream = self._traced.attempt(lambda: api.split(self._path, split)) if split else None
        size = known_size
        if stream and stream.size is not None and size is None:
            size = stream.size + sum(one.removed for one in cuts)
        size = sized(source, size)
        self._traced.received += size
        if stream is not None:
            self.read_stream(stream, size, "sse", text=source if data is None else None, cuts=cuts)
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

    def read_stream(
        self, stream: Stream, size: int, transport: str, text: Any = None, cuts: Sequence[Repeated] = ()
    ) -> None:
        """Read a stream of events; `cuts` were cut from its text."""
        self._stream = stream
        found = self._traced.api.stream() or self._generic.stream()
        assert found is not None
        failed: str | None = None
        counts: Counter[str] = Counter()
        events, shapes = self._events(stream, text, cuts)
        for number, pieces, name, kind, data in events:
            counts[kind] += pieces
            self._responses.add(f"{transport}[{kind[:100]}]", shapes.get(id(data)) or shape_of(data), pieces)
            if failed is None:
                failed = _added(found, number, name, data)
        self.counts = EventCounts(size=size, counts=tuple(counts.items()), comments=stream.comments)
        self._finish(found, failed, text)

    def _events(
        self, stream: Stream, text: Any, cuts: Sequence[Repeated]
    ) -> tuple[Sequence[Event], Mapping[int, Shape]]:
        """Return the events of a stream, and the shapes of some by the identity of their data."""
        api = self._traced.api
        shapes: dict[int, Shape] = {}
        see = partial(_repeats.see, text) if isinstance(text, str) else None

        def large(data: str | bytes) -> Any:
            value, shape = read_large(data, see)
            # The values live as long as the events, so none takes the identity of another.
            shapes[id(value)] = shape
            return value

        events = [*read_events(stream, api, large)]
        if not cuts:
            return events, shapes
        found = restored(events, shapes, cuts)
        if found is None:
            # Somebody wrote what looks like a repeat to where none belongs.
            self._stream = again = api.split(self._path, text)
            return self._events(again, text, ()) if again else ((), {})
        self._stream = stream._replace(lost=found.lost)
        return found.events, shapes | found.shapes

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
            shown += shown_as_is(failed_late, text if text is not None else _values(stream))
            self.complete = unbroken
        elif answer is None or not answer.known:
            shown += [Body(value=text)] if isinstance(text, str) else [Body(value=_values(stream), folded=True)]
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
            if event_times:
                return event_times[min(source.first, len(event_times) - 1)]
            offset = self._stream.offset(source.first) if self._stream else None
            if offset is not None and self._response is not None:
                return _time_at(self._response.pieces, offset)
        return self._response.started if self._response else None


def _values(stream: Stream) -> list[Any]:
    """Read all events again, each by itself: to show a stream that no renderer could read."""
    return read_values(stream.texts, parsed)


def _added(reader: StreamReader, number: int, name: str, data: Any) -> str | None:
    """Hand an event to a reader; return why it failed."""
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
