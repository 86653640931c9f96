"""Write the conversation log: every exchange with its headers and both bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probe.analysis.messages import outside_turns
from probe.analysis.raws import count_raws
from probe.analysis.urls import split_url
from probe.record.exchange import Exchange, Message, Payload, WebSocket
from probe.renderers import Renderer, safely
from probe.renderers.blocks import Block, Body, Note
from probe.renderers.bodies import parsed
from probe.renderers.markdown import markdown
from probe.renderers.markdown.escape import code, fold, inline
from probe.renderers.turn import Turn
from probe.report.facts import exchange_facts, payload_head, websocket_end


class Log:
    """Writes exchanges one by one, and counts what could not be rendered."""

    def __init__(self, renderer: Renderer, started: float) -> None:
        self.failures = 0
        """Bodies whose renderer raised."""
        self.raws = 0
        """Pieces that the renderer did not understand."""
        self._renderer = renderer
        self._started = started

    def entry(self, number: int, exchange: Exchange) -> str:
        """Write one exchange; `number` is its place in the order of start times."""
        facts = exchange_facts(exchange, complete=self._renderer.is_complete(exchange))
        parts = [self._heading(number, exchange), facts, self._request(exchange)]
        if exchange.websocket:
            parts += self._websocket(exchange, exchange.websocket)
        else:
            parts.append(self._response(exchange))
        return "\n".join(part for part in parts if part)

    def _heading(self, number: int, exchange: Exchange) -> str:
        status = exchange.response.status_code if exchange.response else "no answer"
        path = code(split_url(exchange.request.url).path)
        offset = self._offset(exchange.timestamp)
        return f"### {number}. {inline(exchange.request.method)} {path} → {status} ({offset})\n"

    def _offset(self, time: float) -> str:
        return f"+{time - self._started:.1f}s"

    def _request(self, exchange: Exchange) -> str:
        request = exchange.request
        head = f"#### Request\n\n{payload_head(exchange, request)}"
        if exchange.websocket and request.body in (None, ""):
            return head
        path = split_url(request.url).path
        return f"{head}\n{self._body(request, lambda: self._renderer.request(path, request.body))}"

    def _response(self, exchange: Exchange) -> str:
        response = exchange.response
        if response is None:
            return "#### Response\n\nNo answer came.\n"
        path, status = split_url(exchange.request.url).path, response.status_code
        body = self._body(response, lambda: self._renderer.response(path, response.body, status))
        return f"#### Response\n\n{payload_head(exchange, response)}\n{body}"

    def _body(self, payload: Payload, render: Callable[[], list[Block]]) -> str:
        if payload.body_kind == "base64":
            body = markdown([Note(text="Binary, as base64:"), Body(value=payload.body)])
        else:
            body = self._rendered(render, payload.body)
        if payload.whole_text:
            note = f"Only the begin and the end of these {payload.size} bytes are shown; the record has all of them."
            return markdown([Note(text=note)]) + body
        return body

    def _rendered(self, render: Callable[[], list[Block]], value: object) -> str:
        """Render, or show the value as it is where the renderer raises."""

        def write() -> tuple[str, int]:
            blocks = render()
            return markdown(blocks), count_raws(blocks)

        def instead(reason: str) -> tuple[str, int]:
            failure = Note(text=f"Shown as it is, since the renderer failed: {reason}")
            return markdown([failure, Body(value=parsed(value))]), 0

        (text, raws), fine = safely(write, instead)
        self.failures += not fine
        self.raws += raws
        return text

    def _websocket(self, exchange: Exchange, websocket: WebSocket) -> Iterator[str]:
        if exchange.response:
            yield f"#### Response\n\n{payload_head(exchange, exchange.response)}"
        path = split_url(exchange.request.url).path
        turns, fine = safely(lambda: self._renderer.turns(path, exchange), lambda _: [])
        self.failures += not fine
        for number, turn in enumerate(turns, 1):
            yield self._turn(number, path, turn)
        yield websocket_end(websocket)
        yield self._others(outside_turns(websocket.messages, turns))

    def _turn(self, number: int, path: str, turn: Turn) -> str:
        took = f", {turn.ended - turn.started:.1f}s" if turn.ended is not None else ", no answer"
        warm_up = " (warm-up)" if turn.warm_up else ""
        head = f"#### Turn {number}{warm_up} ({self._offset(turn.started)}{took})\n"
        about = self._rendered(lambda: self._renderer.turn(turn), None)
        request = self._rendered(lambda: self._renderer.request(path, turn.request), turn.request)
        answer = "No answer came.\n"
        if turn.messages:
            answer = self._rendered(lambda: self._renderer.response(path, turn.messages, 200), turn.response)
        parts = (head, f"**Request**\n\n{request}", about, f"**Response**\n\n{answer}")
        return "\n".join(part for part in parts if part)

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
