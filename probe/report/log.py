"""Write the conversation log: every exchange with its headers and both bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from probe.analysis.messages import outside_turns
from probe.analysis.raws import count_raws
from probe.analysis.turns import Told
from probe.renderers.urls import split_url
from probe.record.exchange import Exchange, Message, Payload, WebSocket
from probe.renderers import Renderer, safely
from probe.renderers.blocks import Block, Body, Note
from probe.renderers.bodies import bytes_of, parsed
from probe.renderers.markdown import markdown
from probe.renderers.markdown.escape import code, fold, inline
from probe.renderers.turn import Turn
from probe.report.facts import exchange_facts, payload_head, websocket_end

_Blocks = list[Block] | None


class Log:
    """Writes exchanges one by one, and counts what could not be rendered."""

    def __init__(self, renderer: Renderer, started: float, on_turn: Callable[[Told], None] = lambda _: None) -> None:
        self.failures = 0
        """Bodies whose renderer raised."""
        self.raws = 0
        """Pieces that the renderer did not understand."""
        self._renderer = renderer
        self._started = started
        self._on_turn = on_turn
        """Gets each turn with the blocks that are made for the log, so that nothing is rendered twice."""

    def entry(self, number: int, exchange: Exchange) -> str:
        """Write one exchange; `number` is its place in the order of start times."""
        facts = exchange_facts(exchange, complete=self._renderer.is_complete(exchange))
        request, asked = self._request(exchange)
        parts = [self._heading(number, exchange), facts, request]
        if exchange.websocket:
            parts += self._websocket(number, exchange, exchange.websocket)
        else:
            response, answered = self._response(exchange)
            parts.append(response)
            self._tell_turn(number, exchange, asked, answered)
        return "\n".join(part for part in parts if part)

    def _tell_turn(self, number: int, exchange: Exchange, asked: _Blocks, answered: _Blocks) -> None:
        path = split_url(exchange.request.url).path
        turns, fine = safely(lambda: self._renderer.turns(path, exchange), lambda _: [])
        self.failures += not fine
        for turn in turns:
            self._on_turn(self._told(number, None, exchange, turn, asked, answered))

    def _told(
        self, number: int, part: int | None, exchange: Exchange, turn: Turn, asked: _Blocks, answered: _Blocks
    ) -> Told:
        api = self._renderer.module(turn.path).__name__.rpartition(".")[2]
        return Told(exchange=exchange, number=number, part=part, turn=turn, api=api, request=asked, answer=answered)

    def _heading(self, number: int, exchange: Exchange) -> str:
        status = exchange.response.status_code if exchange.response else "no answer"
        path = code(split_url(exchange.request.url).path)
        offset = self._offset(exchange.timestamp)
        return f"### {number}. {inline(exchange.request.method)} {path} → {status} ({offset})\n"

    def _offset(self, time: float) -> str:
        return f"+{time - self._started:.1f}s"

    def _request(self, exchange: Exchange) -> tuple[str, _Blocks]:
        request = exchange.request
        head = f"#### Request\n\n{payload_head(exchange, request)}"
        if exchange.websocket and request.body in (None, ""):
            return head, None
        path = split_url(request.url).path
        body, blocks = self._body(path, request, lambda body: self._renderer.request(path, body))
        return f"{head}\n{body}", blocks

    def _response(self, exchange: Exchange) -> tuple[str, _Blocks]:
        response = exchange.response
        if response is None:
            return "#### Response\n\nNo answer came.\n", None
        path, status = split_url(exchange.request.url).path, response.status_code
        body, blocks = self._body(path, response, lambda body: self._renderer.response(path, body, status))
        return f"#### Response\n\n{payload_head(exchange, response)}\n{body}", blocks

    def _body(self, path: str, payload: Payload, render: Callable[[Any], list[Block]]) -> tuple[str, _Blocks]:
        data = bytes_of(payload) if self._renderer.reads_bytes(path) else None
        if payload.body_kind == "base64" and data is None:
            body, blocks = markdown([Note(text="Binary, as base64:"), Body(value=payload.body)]), None
        else:
            shown = payload.body if data is None else data
            body, blocks = self._rendered(lambda: render(shown), payload.body)
        if payload.whole_text:
            note = f"Only the begin and the end of these {payload.size} bytes are shown; the record has all of them."
            body = markdown([Note(text=note)]) + body
        return body, blocks

    def _rendered(self, render: Callable[[], list[Block]], value: object) -> tuple[str, _Blocks]:
        """Render, or show the value as it is where the renderer raises; then there are no blocks."""

        def write() -> tuple[str, _Blocks]:
            blocks = render()
            return markdown(blocks), blocks

        def instead(reason: str) -> tuple[str, _Blocks]:
            failure = Note(text=f"Shown as it is, since the renderer failed: {reason}")
            return markdown([failure, Body(value=parsed(value))]), None

        (text, blocks), fine = safely(write, instead)
        self.failures += not fine
        self.raws += count_raws(blocks or ())
        return text, blocks

    def _websocket(self, number: int, exchange: Exchange, websocket: WebSocket) -> Iterator[str]:
        if exchange.response:
            yield f"#### Response\n\n{payload_head(exchange, exchange.response)}"
        path = split_url(exchange.request.url).path
        turns, fine = safely(lambda: self._renderer.turns(path, exchange), lambda _: [])
        self.failures += not fine
        for part, turn in enumerate(turns, 1):
            text, asked, answered = self._turn(part, path, turn)
            self._on_turn(self._told(number, part, exchange, turn, asked, answered))
            yield text
        yield websocket_end(websocket)
        yield self._others(outside_turns(websocket.messages, turns))

    def _turn(self, number: int, path: str, turn: Turn) -> tuple[str, _Blocks, _Blocks]:
        took = f", {turn.ended - turn.started:.1f}s" if turn.ended is not None else ", no answer"
        warm_up = " (warm-up)" if turn.warm_up else ""
        head = f"#### Turn {number}{warm_up} ({self._offset(turn.started)}{took})\n"
        about, _ = self._rendered(lambda: self._renderer.turn(turn), None)
        request, asked = self._rendered(lambda: self._renderer.request(path, turn.request), turn.request)
        answer, answered = "No answer came.\n", None
        if turn.messages:
            answer, answered = self._rendered(lambda: self._renderer.response(path, turn.messages, 200), turn.response)
        parts = (head, f"**Request**\n\n{request}", about, f"**Response**\n\n{answer}")
        return "\n".join(part for part in parts if part), asked, answered

    def _others(self, messages: list[Message]) -> str:
        """Show the messages that belong to no turn."""
        if not messages:
            return ""
        parts = [
            f"{inline(message.direction)}, {self._offset(message.timestamp)}, {inline(message.type)}:\n\n"
            + markdown([Body(value=parsed(message.content), folded=False)])
            for message in messages
        ]
        return fold(f"Messages outside turns ({len(messages):,})", "\n".join(parts))
