"""Write each exchange while its content is at hand; the report puts the texts in order later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from probe.renderers.api import Answer, Stop
from probe.renderers.blocks import Block, Body, EventCounts, Settings
from probe.report.markdown.blocks import markdown
from probe.report.markdown.escape import fold, inline
from probe.report.markdown.exchange_facts import circumstances, damage, payload_head, websocket_end
from probe.report.markdown.item_texts import ItemTexts
from probe.report.markdown.shortened import brief
from probe.report.markdown.spool import Key, Spool
from probe.report.plain_text import plural, seconds
from probe.trace.facts import TurnFacts, last_spoken
from probe.trace.items import NewItem
from probe.trace.turns import Traced, Turn

LARGE = 2000
"""Bytes of a side exchange's body from which a short report only says how long it is."""


class ExchangeTexts:
    """Texts of exchanges, turns and items, in a spool."""

    def __init__(self, spool: Spool, *, full: bool = True) -> None:
        """`full` is false where nobody will read headers and long results."""
        self.items = ItemTexts(spool, full=full)
        self.spool = spool
        self._full = full
        self._echo: tuple[Key, tuple[Block, ...]] = ((), ())
        """The last that was written, with its key."""

    def add(self, traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        """Write an exchange, and the items that are new with it; `turns` are the facts of its calls."""
        for item in new:
            self.items.add(item)
        for facts in turns:
            self.items.add_answered(facts.sent_back)
        exchange, line = traced.exchange, traced.exchange.seq
        put = self.spool.put
        put(("circumstances", line), circumstances(traced))
        put(("damage", line), damage(traced))
        # The messages of a WebSocket are no body.
        sent, received = (0, 0) if exchange.websocket else (traced.sent, traced.received)
        if self._full:
            put(("request head", line), payload_head(exchange, exchange.request, sent))
        if self._full and exchange.response:
            put(("response head", line), payload_head(exchange, exchange.response, received))
        if traced.request is not None and not (exchange.websocket and not traced.request):
            put(("request", line), self._side(traced.request, sent))
        if traced.response is not None and exchange.response:
            put(("response", line), self._side(traced.response, received))
        for turn in traced.turns:
            self._turn(line, turn)
        if exchange.websocket:
            put(("websocket", line), self._websocket(traced))

    def spoken(self, turn: TurnFacts) -> str:
        """Return the whole text that a turn said last."""
        return self.spool.get(("spoken", turn.line, turn.part))

    def _turn(self, line: int, turn: Turn) -> None:
        key = (line, turn.part)
        self.spool.put(("notes", *key), markdown(turn.asked.notes))
        counts = [block for block in turn.response if type(block) is EventCounts]
        others: list[Block] = [block for block in turn.response if type(block) is not EventCounts]
        if self._full:
            self.spool.put(("events", *key), markdown(counts))
            self.spool.put(("answer", *key), markdown(others) if turn.response else "No answer came.\n")
        else:
            said = _without_usual(others, turn.answer)
            self.spool.put(("answer", *key), brief(said) if turn.response else "No answer came.\n")
        self._put_echo(("echo", *key), turn.echoes)
        self.spool.put(("spoken", *key), last_spoken(turn.response))

    def _put_echo(self, key: Key, echoes: tuple[Block, ...]) -> None:
        """Write what an answer repeats of the request, which is nearly always what the answer before it did."""
        known, last = self._echo
        if echoes == last:
            self.spool.put_again(key, known)
        else:
            self.spool.put(key, markdown(echoes))
            self._echo = (key, echoes)

    def _side(self, blocks: Sequence[Block], size: int) -> str:
        if not self._full and size > LARGE:
            return f"{plural(size, 'byte')} (`--full` shows them)\n"
        return (markdown(blocks) if self._full else brief(blocks)) or "*No body.*\n"

    def _websocket(self, traced: Traced) -> str:
        websocket = traced.exchange.websocket
        assert websocket is not None
        answered = sum((Counter(dict(turn.counts.counts)) for turn in traced.turns if turn.counts), Counter[str]())
        end = websocket_end(websocket, traced.other_messages, answered, len(traced.turns))
        if not traced.other_messages:
            return end
        begun = traced.exchange.timestamp
        parts = [
            f"{inline(one.message.direction)}, {seconds(one.message.timestamp - begun)} after the request, "
            f"{inline(one.message.type)}:\n\n" + markdown([Body(value=one.value, folded=False)])
            for one in traced.other_messages
        ]
        return f"{end}\n{fold(f'Messages outside turns ({len(parts):,})', chr(10).join(parts))}"


def _without_usual(blocks: Sequence[Block], answer: Answer | None) -> list[Block]:
    """Leave out the ids and the status of an answer that came to its end: the turn's heading and table are enough."""
    usual = answer.before if answer and answer.stop in (Stop.END, Stop.TOOL_CALL) else ()
    left_out = {id(block) for block in usual if type(block) is Settings}
    return [block for block in blocks if id(block) not in left_out]
