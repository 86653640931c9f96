"""One exchange of the record, read once: its items, its turns, its blocks, whether it is complete."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from probe.record.body_text import text_size
from probe.record.exchange import Message, UnreadExchange
from probe.renderers.api import Api, Asked
from probe.renderers.blocks import Block, Note
from probe.renderers.events import Stream, kind_of
from probe.renderers.json_reader import Json, parsed_json
from probe.renderers.loader import Renderer
from probe.renderers.safely import safely
from probe.renderers.urls import split_url
from probe.trace.answers import AnswerReader
from probe.trace.bodies import body_blocks, count_body, read_body, sized
from probe.trace.echoes import Echoes
from probe.trace.items import Items
from probe.trace.shapes import BODY, NoStructure, Structure
from probe.trace.turns import OtherMessage, SentItems, Traced, Turn
from probe.trace.unknowns import Unknowns

_SWITCHING = 101
_PATHS = 256
"""Paths whose API is remembered."""


class ExchangeReader:
    """Reads exchanges one by one. Keeps hashes and counts, no content."""

    def __init__(self, renderer: Renderer, *, structured: bool = True) -> None:
        """`structured` says whether the structure of payloads is counted, which only a report shows."""
        self.unknowns = Unknowns()
        self.items = Items(self.unknowns, shaped=structured)
        self.requests = Structure() if structured else NoStructure()
        self.responses = Structure() if structured else NoStructure()
        self._api = lru_cache(maxsize=_PATHS)(renderer.api)
        self.generic = renderer.generic
        self._turns = 0
        self._echoes = Echoes()

    def read(self, exchange: UnreadExchange) -> Traced:
        """Return an exchange understood; one whose renderer fails as a whole is shown as one of no known API."""
        path, turns = split_url(exchange.request.url).path, self._turns
        traced, failed = safely(lambda: self._read(exchange, path, self._api(path)))
        if traced is None:
            self._turns = turns
            traced = self._read(exchange, path, self.generic)
            note = Note(text=f"Shown as it is, because the renderer failed: {failed}")
            traced.request = (note, *(traced.request or ()))
            traced.failures.append(str(failed))
        return traced

    def _read(self, exchange: UnreadExchange, path: str, api: Api) -> Traced:
        traced = Traced(exchange=exchange, api=api)
        if exchange.websocket:
            messages = exchange.websocket.messages
            traced.sent += sum(_message_size(one) for one in messages if one.direction == "client")
            traced.received += sum(_message_size(one) for one in messages if one.direction == "server")
            self._websocket(traced, path, messages)
        else:
            self._http(traced, path)
        for blocks in (traced.request, traced.response, *(turn.response for turn in traced.turns)):
            self.unknowns.add(blocks or ())
        return traced

    # -- HTTP ----------------------------------------------------------------------------------------------------

    def _http(self, traced: Traced, path: str) -> None:
        exchange, api = traced.exchange, traced.api
        body, size = read_body(exchange, exchange.request)
        traced.sent = sized(body, size)
        call = api.is_call(exchange.request.method, path) and isinstance(body, Json)
        items = self._items(traced, path, body) if call and isinstance(body, Json) else None
        if items is None:
            traced.request = self._request_blocks(traced, path, body)
            traced.response, traced.complete = self._side_response(traced, path)
            return
        assert isinstance(body, Json)
        asked = traced.attempt(lambda: api.asked(path, body)) or Asked()
        answer = AnswerReader(self.responses, self.generic, traced, path, exchange.response)
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

    def _items(self, traced: Traced, path: str, body: Json, prefix: str = "") -> SentItems | None:
        """Return a call's items; None when the body is none of a call."""
        items = traced.attempt(lambda: self._sent(traced.api, path, body, prefix))
        if items is not None:
            self.requests.add(prefix.rstrip(".") or BODY, "object")
            for at in {field.at for field, found in items if field.listed and found}:
                self.requests.add(prefix + at, "array")
        return items

    def _sent(self, api: Api, path: str, body: Json, prefix: str) -> SentItems | None:
        fields = api.items(path, body)
        return None if fields is None else [(field, self.items.add(api, field, prefix)) for field in fields]

    def _turn(
        self,
        traced: Traced,
        path: str,
        request: Json,
        asked: Asked,
        items: SentItems,
        answer: AnswerReader,
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
            events=answer.events,
            event_time=partial(answer.event_time, event_times=event_times),
            body=answer.value,
        )
        self._turns += 1
        return turn

    def _request_blocks(self, traced: Traced, path: str, body: Any) -> tuple[Block, ...]:
        value = body.value if isinstance(body, Json) else body
        if traced.exchange.websocket and value in (None, ""):
            return ()
        traced.request_body = value
        count_body(self.requests, value)
        return body_blocks(
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
        stream = AnswerReader(self.responses, self.generic, traced, path, response)
        if stream.read(only_streams=True):
            traced.events = stream.events
            return stream.blocks, stream.complete
        traced.response_body = value = stream.value
        count_body(self.responses, value)
        status = response.status_code
        blocks = body_blocks(traced, response, value, lambda shown: api.response_blocks(path, shown, status)) or tuple(
            self.generic.response_blocks(path, value, status) or ()
        )
        return blocks, whole or refused

    # -- WebSocket -----------------------------------------------------------------------------------------------

    def _websocket(self, traced: Traced, path: str, messages: Sequence[Message]) -> None:
        """Pair each call with the server's messages up to the next call of its lane."""
        exchange, api = traced.exchange, traced.api
        body, size = read_body(exchange, exchange.request)
        traced.sent += sized(body, size)
        traced.received += sized(*read_body(exchange, exchange.response)) if exchange.response else 0
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
        return bool(traced.attempt(lambda: traced.api.begins_call(text)))

    def _websocket_turn(
        self, traced: Traced, path: str, part: int, create: Message, text: Json, answers: Sequence[Message]
    ) -> Turn:
        api = traced.api
        kind = kind_of("text", {"type": text.get("type")})
        items = self._items(traced, path, text, f"ws[{kind}].") or []
        asked = traced.attempt(lambda: api.asked(path, text)) or Asked()
        answer = AnswerReader(self.responses, self.generic, traced, path, None)
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
        structure.add_value(f"ws[{kind[:100]}]", value)
        return OtherMessage(message=message, kind=kind, value=value)


def _message_size(message: Message) -> int:
    return text_size(message.content) if message.size is None else message.size
