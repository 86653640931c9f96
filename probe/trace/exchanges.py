"""One exchange of the record, read once: its items, its turns, its blocks, whether it is complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from probe.record.body_text import string_of
from probe.record.exchange import Message, OutlinedExchange, UnreadExchange, UnreadRequest, UnreadResponse
from probe.renderers.api import Answer, Api, Asked, EventSource, Item, StreamReader
from probe.renderers.blocks import Block, Body, CutShort, EventCounts, Note, Text
from probe.renderers.events import Stream, kind_of, kinds_of, merged, read_events
from probe.renderers.json_reader import Json, OutlinedJson, decoded_base64, parsed_json
from probe.renderers.loader import Renderer
from probe.renderers.safely import safely
from probe.renderers.urls import split_url
from probe.trace.echoes import Echoes
from probe.trace.items import Items, Known
from probe.trace.large_json import read_large
from probe.trace.shapes import BODY, Shape, Structure, shape_of
from probe.trace.turns import OtherMessage, Traced, Turn
from probe.trace.unknowns import Unknowns

_T = TypeVar("_T")
_SWITCHING = 101


class ExchangeReader:
    """Reads exchanges one by one. Keeps hashes and counts, no content."""

    def __init__(self, renderer: Renderer) -> None:
        self.unknowns = Unknowns()
        self.items = Items(self.unknowns)
        self.requests = Structure()
        self.responses = Structure()
        self._renderer = renderer
        self.generic = renderer.generic
        self._turns = 0
        self._echoes = Echoes()

    def read(self, exchange: UnreadExchange) -> Traced:
        """Return an exchange understood; one whose renderer fails as a whole is shown as one of no known API."""
        path, turns = split_url(exchange.request.url).path, self._turns
        traced, failed = safely(lambda: self._read(exchange, path, self._renderer.api(path)))
        if traced is None:
            self._turns = turns
            traced = self._read(exchange, path, self.generic)
            note = Note(text=f"Shown as it is, because the renderer failed: {failed}")
            traced.request = (note, *(traced.request or ()))
            traced.failures.append(str(failed))
        return traced

    def _read(self, exchange: UnreadExchange, path: str, api: Api) -> Traced:
        traced = Traced(exchange=exchange, api=api)
        traced.sent += sum(_message_size(one) for one in _messages(exchange, "client"))
        traced.received += sum(_message_size(one) for one in _messages(exchange, "server"))
        if exchange.websocket:
            self._websocket(traced, path, exchange.websocket.messages)
        else:
            self._http(traced, path)
        for blocks in (traced.request, traced.response, *(turn.response for turn in traced.turns)):
            self.unknowns.add(blocks or ())
        return traced

    # -- HTTP ----------------------------------------------------------------------------------------------------

    def _http(self, traced: Traced, path: str) -> None:
        exchange, api = traced.exchange, traced.api
        body, size = _body(exchange, exchange.request)
        traced.sent = _sized(body, size)
        call = api.is_call(exchange.request.method, path) and isinstance(body, Json)
        items = self._items(traced, path, body) if call and isinstance(body, Json) else None
        if items is None:
            traced.request = self._request_blocks(traced, path, body)
            traced.response, traced.complete = self._side_response(traced, path)
            return
        assert isinstance(body, Json)
        asked = self._guarded(traced, lambda: api.asked(path, body)) or Asked()
        answer = _AnswerReader(self, traced, path, exchange.response)
        answer.read()
        traced.complete = answer.complete
        response = exchange.response
        traced.turns.append(
            self._turn(
                traced,
                path,
                body,
                asked,
                items,
                answer,
                status=response.status_code if response else None,
                started=exchange.timestamp,
                ended=exchange.ended if response else None,
            )
        )

    def _items(self, traced: Traced, path: str, body: Json, prefix: str = "") -> list[tuple[Item, Known]] | None:
        """Return a call's items; None when the body is none of a call."""
        api = traced.api

        def listed() -> list[tuple[Item, Known]] | None:
            found = api.items(path, body)
            return None if found is None else [(item, self.items.add(api, item, prefix)) for item in found]

        items = self._guarded(traced, listed)
        if items is not None:
            self.requests.add(prefix.rstrip(".") or BODY, "object")
            for at in {item.at for item, _ in items if item.place is not None}:
                self.requests.add(prefix + at, "array")
        return items

    def _turn(
        self,
        traced: Traced,
        path: str,
        request: Json,
        asked: Asked,
        items: list[tuple[Item, Known]],
        answer: _AnswerReader,
        *,
        status: int | None,
        started: float,
        ended: float | None,
        part: int | None = None,
        event_times: Sequence[float] = (),
        messages: tuple[str, ...] = (),
    ) -> Turn:
        found = answer.answer
        echoes = self._echoes.differing(traced.api, found, items) if found and found.echo else ()
        turn = Turn(
            number=self._turns,
            api=traced.api,
            path=path,
            part=part,
            request=request,
            asked=asked,
            items=items,
            answer=found,
            counts=answer.counts,
            response=answer.blocks,
            echoes=tuple(echoes),
            status=status,
            complete=answer.complete,
            started=started,
            first_part=answer.first_part(event_times),
            ended=ended,
            event_times=event_times,
            messages=messages,
        )
        self._turns += 1
        return turn

    def _request_blocks(self, traced: Traced, path: str, body: Any) -> tuple[Block, ...]:
        value = body.value if isinstance(body, Json) else body
        if traced.exchange.websocket and value in (None, ""):
            return ()
        self._count(self.requests, value)
        return self._blocks(
            traced, traced.exchange.request, value, lambda shown: traced.api.request_blocks(path, shown)
        ) or tuple(self.generic.request_blocks(path, value) or ())

    def _side_response(self, traced: Traced, path: str) -> tuple[tuple[Block, ...] | None, bool]:
        exchange, api = traced.exchange, traced.api
        response = exchange.response
        if response is None:
            return None, False
        whole = exchange.error is None
        # A client whose upgrade is refused needs no more than the status, and may leave at once.
        refused = exchange.request.header("upgrade") is not None and response.status_code != _SWITCHING
        stream = _AnswerReader(self, traced, path, response)
        if stream.read(only_streams=True):
            return stream.blocks, stream.complete
        value = stream.value
        self._count(self.responses, value)
        status = response.status_code
        blocks = self._blocks(traced, response, value, lambda shown: api.response_blocks(path, shown, status)) or tuple(
            self.generic.response_blocks(path, value, status) or ()
        )
        return blocks, whole or refused

    def _blocks(
        self,
        traced: Traced,
        payload: UnreadRequest | UnreadResponse,
        value: Any,
        render: Callable[[Any], Iterable[Block] | None],
    ) -> tuple[Block, ...] | None:
        """Return the blocks of a body that belongs to no call; None when its API does not know it."""
        data = decoded_base64(value) if payload.body_kind == "base64" and not payload.whole_text else None
        if payload.body_kind == "base64" and not (traced.api.reads_bytes and data is not None):
            return (Note(text="Binary, as base64:"), Body(value=value))
        shown = value if data is None else data

        def rendered() -> tuple[Block, ...] | None:
            blocks = render(shown)
            return None if blocks is None else tuple(blocks)

        blocks, failed = safely(rendered)
        if failed:
            traced.failures.append(failed)
            blocks = _shown_as_is(failed, value)
        return (_left_out(payload), *blocks) if payload.whole_text and blocks is not None else blocks

    def _count(self, structure: Structure, value: Any) -> None:
        if value not in (None, ""):
            structure.add(BODY, shape_of(value))

    def _guarded(self, traced: Traced, read: Callable[[], _T]) -> _T | None:
        found, failed = safely(read)
        if failed:
            traced.failures.append(failed)
        return found

    # -- WebSocket -----------------------------------------------------------------------------------------------

    def _websocket(self, traced: Traced, path: str, messages: Sequence[Message]) -> None:
        """Pair each call with the server's messages up to the next call of its lane."""
        exchange, api = traced.exchange, traced.api
        body, size = _body(exchange, exchange.request)
        traced.sent += _sized(body, size)
        traced.received += _sized(*_body(exchange, exchange.response)) if exchange.response else 0
        traced.request = self._request_blocks(traced, path, body)
        # Other WebSockets have messages of the same names: the Realtime API sends `response.create` too.
        has_calls = api.is_call("POST", path)
        calls: list[tuple[Message, Json, list[Message]]] = []
        lanes: dict[str | None, list[Message]] = {}
        for message in messages:
            text = Json(message.content.encode("utf-8", "surrogatepass")) if message.type == "text" else None
            if message.direction == "client":
                if has_calls and text and self._begins_call(traced, text):
                    calls.append((message, text, []))
                    lanes[api.lane(text)] = calls[-1][2]
                else:
                    traced.other_messages.append(self._other(self.requests, message))
            else:
                # Only a client that wants several answers at once names lanes.
                lane = api.lane(text) if text and len(lanes) > 1 else None
                answer = lanes.get(lane, calls[-1][2] if calls else None)
                if text is None or answer is None:
                    traced.other_messages.append(self._other(self.responses, message))
                else:
                    answer.append(message)
        for part, (create, text, answers) in enumerate(calls, 1):
            traced.turns.append(self._websocket_turn(traced, path, part, create, text, answers))
        ended = exchange.error is None and exchange.response is not None
        traced.complete = all(turn.complete for turn in traced.turns) if traced.turns else ended

    def _begins_call(self, traced: Traced, text: Json) -> bool:
        return bool(self._guarded(traced, lambda: traced.api.begins_call(text)))

    def _websocket_turn(
        self, traced: Traced, path: str, part: int, create: Message, text: Json, answers: Sequence[Message]
    ) -> Turn:
        api = traced.api
        kind = kind_of("text", {"type": text.get("type")})
        items = self._items(traced, path, text, f"ws[{kind}].") or []
        asked = self._guarded(traced, lambda: api.asked(path, text)) or Asked()
        answer = _AnswerReader(self, traced, path, None)
        if answers:
            size = sum(len(message.content.encode("utf-8", "surrogatepass")) for message in answers)
            answer.read_stream(Stream(["message"] * len(answers), [one.content for one in answers]), size, "ws")
        else:
            answer.complete = False
        times = [message.timestamp for message in answers]
        return self._turn(
            traced,
            path,
            text,
            asked,
            items,
            answer,
            status=200 if answers else None,
            started=create.timestamp,
            ended=times[-1] if times else None,
            part=part,
            event_times=times,
            messages=tuple(message.content for message in answers),
        )

    def _other(self, structure: Structure, message: Message) -> OtherMessage:
        value = parsed_json(message.content) if message.type == "text" else message.content
        kind = kind_of(message.type, value)
        structure.add(f"ws[{kind[:100]}]", shape_of(value))
        return OtherMessage(message=message, kind=kind, value=value)


class _AnswerReader:
    """Reads what came back for one call."""

    def __init__(self, reader: ExchangeReader, traced: Traced, path: str, response: UnreadResponse | None) -> None:
        self.answer: Answer | None = None
        self.counts: EventCounts | None = None
        self.blocks: tuple[Block, ...] = ()
        self.complete = False
        self._reader, self._traced, self._path, self._response = reader, traced, path, response
        self._stream: Stream | None = None
        self.value: Any = None
        """The whole body, where it is no stream."""

    def read(self, *, only_streams: bool = False) -> bool:
        """Read the body of the response; False when it is no stream and only those are wanted."""
        response, api, error = self._response, self._traced.api, self._traced.exchange.error
        if response is None:
            return True
        source, known_size = _body(self._traced.exchange, response)
        data = decoded_base64(source) if response.body_kind == "base64" and api.reads_bytes else None
        split = data if data is not None else source
        stream = self._reader._guarded(self._traced, lambda: api.split(self._path, split)) if split else None
        size = stream.size if stream and known_size is None else known_size
        size = _sized(source, size)
        self._traced.received += size
        if stream is not None:
            self.read_stream(stream, size, "sse", text=source if data is None else None)
            return True
        self.value = value = source.value if isinstance(source, Json) else source
        if only_streams:
            return False
        self._reader._count(self._reader.responses, value)
        shown = parsed_json(value) if data is None else data
        found = self._reader._guarded(self._traced, lambda: api.answer(self._path, shown, response.status_code))
        if found is not None:
            self.answer, self.blocks = found, tuple(found.blocks)
        else:
            status = response.status_code
            blocks = self._reader._blocks(
                self._traced, response, value, lambda one: api.response_blocks(self._path, one, status)
            )
            self.blocks = blocks or tuple(self._reader.generic.response_blocks(self._path, value, status) or ())
        self.complete = (error is None or bool(found and found.ended and found.stop)) and not response.decode_error
        if response.whole_text:
            self.blocks = (_left_out(response), *self.blocks)
        return True

    def read_stream(self, stream: Stream, size: int, transport: str, text: Any = None) -> None:
        """Read a stream of events."""
        api, reader = self._traced.api, self._reader
        self._stream = stream
        shapes: dict[int, Shape] = {}

        def large(text: str | bytes) -> Any:
            value, shape = read_large(text)
            # The values live as long as this stream is read, so none takes the identity of another.
            shapes[id(value)] = shape
            return value

        values = read_events(stream.texts, large)
        counts = Counter(kinds_of(stream.names, values))
        found = api.stream() or reader.generic.stream()
        assert found is not None
        failed: str | None = None
        for event in merged(stream.names, values, api.merge_key, api.with_text, api.pieces):
            shape = shapes.get(id(event.data)) or shape_of(event.data)
            reader.responses.add(f"{transport}[{event.kind[:100]}]", shape, event.pieces)
            if failed is None:
                failed = _added(found, event.number, event.name, event.data)
        self.counts = EventCounts(size=size, counts=tuple(counts.items()), comments=stream.comments)
        self._finish(found, failed, len(stream.texts) - 1, text, values)

    def _finish(self, found: StreamReader, failed: str | None, last: int, text: Any, values: Sequence[Any]) -> None:
        stream, error = self._stream, self._traced.exchange.error
        assert stream is not None
        assert self.counts is not None
        answer, failed_late = safely(lambda: found.answer(last)) if failed is None else (None, failed)
        unbroken = error is None and not stream.unfinished
        response = self._response
        shown: list[Block] = [_left_out(response)] if response is not None and response.whole_text else []
        shown.append(self.counts)
        if failed_late:
            self._traced.failures.append(failed_late)
            shown += _shown_as_is(failed_late, text if text is not None else values)
            self.complete = unbroken
        elif answer is None or not answer.known:
            shown += [Body(value=text)] if isinstance(text, str) else [Body(value=list(values), folded=True)]
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


def _body(exchange: UnreadExchange, payload: UnreadRequest | UnreadResponse) -> tuple[Json | str | None, int | None]:
    """Return a body and its size: JSON not read yet, text, or None where there is none.

    The size is None where the record does not have it, and counting would take long.
    """
    if isinstance(payload.body, msgspec.Raw):
        raw = bytes(payload.body)
        if raw[:1] != b'"':
            size = len(raw) if payload.size is None else payload.size
            return (None, payload.size or 0) if raw in (b"null", b"") else (Json(raw), size)
        text = string_of(payload.body)
    elif not isinstance(payload.body, str):
        if payload.body is None:
            return None, payload.size or 0
        outlined = OutlinedJson(payload.body, lambda: _text_of(exchange, payload))
        return outlined, outlined.size if payload.size is None else payload.size
    else:
        text = payload.body
    # A body that is too large for the record to parse, or of a file that keeps all bodies as text.
    if text[:1] in ("{", "[") and not payload.whole_text:
        json = Json(text.encode("utf-8", "surrogatepass"))
        return (json if json.members or json.elements else text), len(
            json.raw
        ) if payload.size is None else payload.size
    return text or None, payload.size


def _text_of(exchange: UnreadExchange, payload: UnreadRequest | UnreadResponse) -> bytes:
    """Return the JSON text of a body of which only the outline is at hand."""
    assert isinstance(exchange, OutlinedExchange)
    unread = exchange.unread()
    found = unread.request if payload is exchange.request else unread.response
    assert found is not None
    return bytes(found.body)


def _sized(body: Json | str | None, size: int | None) -> int:
    return size or 0 if size is not None or not isinstance(body, str) else text_size(body)


def text_size(text: str) -> int:
    """Return how many bytes a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _messages(exchange: UnreadExchange, direction: str) -> list[Message]:
    return [one for one in exchange.websocket.messages if one.direction == direction] if exchange.websocket else []


def _message_size(message: Message) -> int:
    return text_size(message.content) if message.size is None else message.size


def _left_out(payload: UnreadRequest | UnreadResponse) -> Note:
    return Note(
        text=f"Only the beginning and the end of these {payload.size} bytes are shown; the record has all of them."
    )


def _shown_as_is(failed: str, value: Any) -> tuple[Block, ...]:
    return (Note(text=f"Shown as it is, because the renderer failed: {failed}"), Body(value=parsed_json(value)))
