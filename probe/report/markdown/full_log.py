"""Write the full log: every exchange with its headers and both bodies, all that was sent again included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probe.renderers.api import Kind
from probe.report.markdown.escape import code, inline
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.plain_text import offset, seconds
from probe.trace.facts import TurnFacts
from probe.trace.trace import ExchangeFacts


class FullLog:
    """Writes exchanges whose texts are in a spool."""

    def __init__(self, texts: ExchangeTexts, started: float) -> None:
        self._texts = texts
        self._started = started

    def entries(self, exchanges: Sequence[ExchangeFacts], turns: Mapping[int, Sequence[TurnFacts]]) -> Iterator[str]:
        """Yield each exchange in the order in which they started; `turns` are by line of the record."""
        for number, exchange in enumerate(exchanges, 1):
            yield "\n".join(filter(None, self._entry(number, exchange, turns.get(exchange.line, ()))))

    def _entry(self, number: int, exchange: ExchangeFacts, turns: Sequence[TurnFacts]) -> Iterator[str]:
        get, line = self._texts.spool.get, exchange.line
        yield f"### {number}. {exchange_heading(exchange, self._started)}\n"
        yield get(("circumstances", line))
        yield f"#### Request\n\n{get(('request head', line))}"
        yield get(("request", line))
        if exchange.websocket_messages is None:
            yield from (self.request(turn) for turn in turns)
        if exchange.status is None:
            yield "#### Response\n\nNo answer came.\n"
        else:
            yield f"#### Response\n\n{get(('response head', line))}"
            yield get(("response", line))
        for turn in turns:
            if exchange.websocket_messages is not None:
                yield self._websocket_turn(turn)
            elif exchange.status is not None:
                yield self._answer(turn)
        yield get(("websocket", line))

    def _websocket_turn(self, turn: TurnFacts) -> str:
        took = f", {seconds(turn.ended - turn.started)}" if turn.ended is not None else ", no answer"
        warm_up = " (warm-up)" if turn.warm_up else ""
        head = f"#### Turn {turn.part}{warm_up} ({offset(turn.started, self._started)}{took})\n"
        return "\n".join((head, f"**Request**\n\n{self.request(turn)}", f"**Response**\n\n{self._answer(turn)}"))

    def _answer(self, turn: TurnFacts) -> str:
        get = self._texts.spool.get
        return "\n".join(filter(None, (get((part, turn.line, turn.part)) for part in ("events", "answer", "echo"))))

    def request(self, turn: TurnFacts) -> str:
        """Write all items of a call."""
        items = self._texts.items
        by_kind: dict[Kind, list[int]] = {kind: [] for kind in Kind}
        for number in turn.items:
            by_kind[items[number].kind].append(number)
        parts = [items.settings(by_kind[Kind.SETTING]) if by_kind[Kind.SETTING] else ""]
        parts.append(self._texts.spool.get(("notes", turn.line, turn.part)))
        parts += [items.text(number) for number in by_kind[Kind.INSTRUCTIONS]]
        messages = [(str(place), number) for place, number in enumerate(by_kind[Kind.MESSAGE])]
        parts.append(items.messages(messages, "Messages") if messages else "")
        parts.append(items.tools(by_kind[Kind.TOOL]) if by_kind[Kind.TOOL] else "")
        return "\n".join(filter(None, parts))


def exchange_heading(exchange: ExchangeFacts, started: float) -> str:
    """Return method, path, status and time of an exchange."""
    status = "no answer" if exchange.status is None else exchange.status
    return f"{inline(exchange.method)} {code(exchange.path)} → {status} ({offset(exchange.started, started)})"
