"""The content of a page, written while each exchange is at hand; the index leads to it."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from probe.analysis.findings import Findings
from probe.analysis.origins import INJECTED
from probe.record import exchange as record
from probe.record.exchange import UnreadExchange
from probe.renderers.blocks import Block
from probe.report.html.contents import (
    ExchangeDetail,
    Index,
    ItemFacts,
    Message,
    Payload,
    Request,
    Response,
    TurnContent,
    WebSocket,
)
from probe.report.html.kept_body import KeptBody, kept_body, kept_message, kept_request
from probe.report.html.pieces import Keeper, Lane, Pieces, add_to_ranges
from probe.report.html.recipe import Recipe
from probe.report.html.recipes import Recipes
from probe.report.markdown.spool import Spool
from probe.trace.facts import TurnFacts, last_spoken
from probe.trace.items import NewItem
from probe.trace.repeats import Shorter
from probe.trace.turns import SentItems, Traced, Turn

Part = tuple[int, int | None]
"""A turn's line, and its number within a WebSocket conversation."""

_BEGINNING = 120
"""Characters of an item's text that the index has."""
_encode = msgspec.json.Encoder().encode


class _TurnPieces(msgspec.Struct, frozen=True):
    """Pieces of a turn: its answer, remarks about its request, and what the answer repeats in another form."""

    answer: int | None
    notes: int | None
    echoes: int | None


class PageData:
    """The content of a page. `add` takes what `read_trace` yields."""

    def __init__(self, source: Path, keeper: Keeper) -> None:
        """`source` is the file of the record; `keeper` gets the pieces."""
        self.pieces = Pieces(keeper)
        self.items: list[ItemFacts] = []
        self._first: dict[int, int] = {}
        """By canonical number: the first item that has it."""
        self._source = source
        self._recipes = Recipes(self.pieces)
        self._turns: dict[Part, _TurnPieces] = {}
        self._details: dict[int, int] = {}
        """By line."""
        self._begins: dict[int, int] = {}
        """First piece of each exchange, by line."""
        self._spoken = Spool()

    def add(self, traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        """Add an exchange, and the items that are new with it."""
        line = traced.exchange.seq
        self._begins[line] = len(self.pieces.lengths)
        for item in new:
            self._add_item(item)
        for turn in traced.turns:
            self._add_turn(line, turn)
        self._details[line] = self.pieces.add(encoded(self._detail(traced)), Lane.DETAILS)

    def spoken(self, turn: TurnFacts) -> str:
        """Return the whole text that a turn said last."""
        return self._spoken.get((turn.line, turn.part))

    def index(self, findings: Findings, numbers: Mapping[Part, int], lines: Sequence[int]) -> Index:
        """Return where all content is, by the numbers of turns and the order of exchanges that a reader sees.

        What is in chunks is filled in by who keeps them.
        """
        turns = {}
        for facts in findings.trace.turns:
            if number := numbers.get((facts.line, facts.part)):
                found = self._turns[facts.line, facts.part]
                turns[str(number)] = TurnContent(
                    items=_ranges(facts.items), answer=found.answer, notes=found.notes, echoes=found.echoes
                )
        return Index(
            pieces=list(self.pieces.lengths),
            holes=list(self.pieces.holes),
            chunks=(),
            lanes=(),
            items=[
                replace(item, context=dict(context), origins=_origins(findings, number))
                for number, (item, context) in enumerate(zip(self.items, findings.item_contexts, strict=True))
            ],
            turns=turns,
            details=[self._details[line] for line in lines],
            begins=[self._begins[line] for line in lines],
            lines=lines,
        )

    def _add_item(self, item: NewItem) -> None:
        known = item.known
        raw = self.pieces.add(item.raw, Lane.ITEMS)
        self._recipes.raw_of_items.append(raw)
        self.items.append(
            ItemFacts(
                kind=known.kind,
                name=known.name or ", ".join(known.features.offered),
                role=known.features.role,
                api=known.api,
                context={},
                origins=(),
                size=known.size,
                sha256=known.sha256,
                beginning=_beginning(item.blocks),
                canonical=self._first.setdefault(known.canonical, len(self.items)),
                raw=raw,
                blocks=self.pieces.add(encoded(item.blocks), Lane.ITEMS),
            )
        )

    def _add_turn(self, line: int, turn: Turn) -> None:
        self._turns[line, turn.part] = _TurnPieces(
            self._blocks(turn.response), self._blocks(turn.asked.notes), self._blocks(turn.echoes)
        )
        self._spoken.put((line, turn.part), last_spoken(turn.response))

    def _blocks(self, blocks: Sequence[Block] | None) -> int | None:
        return self.pieces.add(encoded(blocks), Lane.ANSWERS) if blocks else None

    # -- exchanges -------------------------------------------------------------------------------------------------

    def _detail(self, traced: Traced) -> ExchangeDetail:
        exchange = traced.exchange
        over_http = traced.turns if exchange.websocket is None else []
        failed = next((turn for turn in over_http if turn.status is None or turn.status >= 400), None)
        response = failed.response if failed else traced.response
        return ExchangeDetail(
            line=exchange.seq,
            request=self._request(exchange, over_http[0].items if over_http else ()),
            response=self._response(exchange, traced.shorter),
            request_blocks=self._blocks(traced.request),
            response_blocks=self._blocks(response),
            websocket=self._websocket(exchange, traced.turns),
            error=exchange.error,
        )

    def _request(self, exchange: UnreadExchange, items: SentItems) -> Request:
        request = exchange.request
        body = kept_request(exchange, self._source)
        recipe = self._recipes.of_call(body, items) if items and isinstance(body, bytes) else self._recipe(body)
        return Request(method=request.method, url=request.url, **_payload(exchange, request, recipe))

    def _response(self, exchange: UnreadExchange, shorter: Shorter | None) -> Response | None:
        response = exchange.response
        if response is None:
            return None
        recipe = self._recipes.of_shorter(shorter) if shorter else self._recipe(kept_body(response, self._source))
        return Response(
            status_code=response.status_code,
            reason=response.reason,
            interim=response.interim,
            **_payload(exchange, response, recipe),
        )

    def _recipe(self, body: KeptBody) -> Recipe:
        if not isinstance(body, bytes):
            return self._recipes.of_chunks(body)
        return self._recipes.of_json(body) if body[:1] in (b"{", b"[") else self._recipes.of_stream(body)

    def _websocket(self, exchange: UnreadExchange, turns: Sequence[Turn]) -> WebSocket | None:
        websocket = exchange.websocket
        if websocket is None:
            return None
        calls = {turn.request.raw: turn.items for turn in turns}
        return WebSocket(
            messages=[self._message(exchange, message, calls) for message in websocket.messages],
            close_code=websocket.close_code,
            close_reason=websocket.close_reason,
            closed_by=websocket.closed_by,
            ended=websocket.ended,
            lost=websocket.lost,
        )

    def _message(self, exchange: UnreadExchange, message: record.Message, calls: Mapping[bytes, SentItems]) -> Message:
        body = kept_message(message, self._source)
        items = calls.get(body) if isinstance(body, bytes) else None
        return Message(
            at=_after(exchange, message.timestamp),
            direction=message.direction,
            type=message.type,
            body=self._recipes.of_call(body, items) if items and isinstance(body, bytes) else self._recipe(body),
            size=message.size,
            sha256=message.sha256,
            stored_sha256=message.stored_sha256,
            redactions=message.redactions,
        )


_COPIED = set(Payload.__struct_fields__) - {"kind", "body", "pieces"}


def _payload(exchange: UnreadExchange, payload: record.Payload, recipe: Recipe) -> dict[str, Any]:
    """Return what a request and a response have in common."""
    return {name: getattr(payload, name) for name in _COPIED} | {
        "kind": payload.body_kind,
        "body": recipe,
        "pieces": [(_after(exchange, time), begin) for time, begin in payload.pieces],
    }


def _after(exchange: UnreadExchange, time: float) -> float:
    return round(time - exchange.timestamp, 6)


def _ranges(numbers: array[int]) -> list[int]:
    ranges: list[int] = []
    for number in numbers:
        add_to_ranges(ranges, number)
    return ranges


def encoded(value: Any) -> bytes:
    """Return a value as JSON that a browser reads."""
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        # Half a surrogate pair has no UTF-8 form, and integers may be larger than 64 bits.
        return json.dumps(msgspec.to_builtins(value)).encode()


def _origins(findings: Findings, number: int) -> Sequence[str]:
    """Return who wrote the texts of an item, where its role does not say it."""
    if number in findings.origins.reminders:
        return (INJECTED,)
    return findings.origins.of_items.get(number, ())


def _beginning(blocks: Iterable[Block]) -> str:
    """Return the first words of an item."""
    for block in blocks:
        for name in ("text", "summary", "name", "description"):
            if (text := getattr(block, name, None)) and isinstance(text, str):
                return " ".join(text[: 2 * _BEGINNING].split())[:_BEGINNING]
        if found := _beginning(chain(getattr(block, "content", ()), getattr(block, "tools", ()))):
            return found
    return ""
