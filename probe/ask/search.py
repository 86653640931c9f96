"""Search what a run says: joined, decoded, and each distinct item once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from probe.ask.block_content import ASSISTANT, ERROR, OTHER, Passage, passages, remember_calls
from probe.ask.found import leaves, pointer_to
from probe.ask.known_run import KnownRun
from probe.ask.look_up import role_of_item
from probe.ask.run_values import path_of_item
from probe.renderers.api import Kind
from probe.report.plain_text import visible
from probe.report.summary_part import Part
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.turns import Traced

_AROUND = 80
"""Characters that are shown on each side of a match."""
_LONGEST = 400
"""Characters of a long match that are shown, with those."""


class Hit(Part, frozen=True, kw_only=True):
    """A text in which the pattern was found."""

    run: str
    """As every command takes it."""
    turn: int | None
    """The first turn that sent or said it; null for an exchange that is no call of a model."""
    role: str
    """system, user, assistant, tool (a result), definition (of a tool), setting, error or other."""
    tool: str | None
    """Name of the tool that is called, defined, or has the result; null for other texts."""
    path: str
    """Where it is: `get` takes it."""
    text: str
    """The match and what is around it, in one line."""
    matches: int
    """How often the pattern is in this text."""
    time: float
    """When the request was sent, in epoch seconds."""


class Query(NamedTuple):
    """What is looked for."""

    pattern: re.Pattern[str]
    role: str | None = None
    tool: str | None = None
    since: float | None = None
    until: float | None = None

    def takes(self, time: float) -> bool:
        """Check whether a time is between those that are asked for."""
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


class _Place(NamedTuple):
    """What a text is in, while turns have no numbers yet."""

    line: int
    time: float
    part: int | None = None
    is_turn: bool = False
    item: int | None = None


class _Match(NamedTuple):
    """A text with a match."""

    place: _Place
    end: str
    """The end of its path."""
    role: str
    tool: str | None
    text: str
    matches: int


class Searcher:
    """Searches a run while its record is read."""

    def __init__(self, query: Query, most: int | None) -> None:
        """`most` is how many matches are wanted; None for all."""
        self._query, self._most = query, most
        self._called: dict[str, str] = {}
        self._seen: set[tuple[Kind, str, int]] = set()
        """What is the same for equal items: of those that were searched, or are answers that were."""
        self.found: list[_Match] = []
        self.tools: set[str] = set()
        """Tools that are defined, called, or have a result."""

    def __call__(self, traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        """Search an exchange, and the items that are new with it."""
        line, time = traced.exchange.seq, traced.exchange.timestamp
        first = {number: turn for turn in reversed(turns) for number in turn.items}
        for item in new:
            number = item.known.number
            turn = first.get(number)
            self._item(item, _Place(line, turn.started, turn.part, True, number) if turn else _Place(line, time))
        for of, facts in zip(traced.turns, turns, strict=True):
            remember_calls(self._called, of.response)
            self._seen.update((Kind.MESSAGE, "", number) for number in facts.sent_back)
            for passage in passages(of.response, ASSISTANT, self._called):
                self._passage(passage, _Place(line, of.started, of.part, True))
        for role, end, text in _beside(traced):
            if match := self._match(role, None, text, time):
                self._keep(_Place(line, time), end, role, None, match)

    def _item(self, item: NewItem, place: _Place) -> None:
        remember_calls(self._called, item.blocks)
        identity = (item.known.kind, item.known.name, item.known.canonical)
        if identity in self._seen:
            return
        self._seen.add(identity)
        for passage in passages(item.blocks, role_of_item(item.known), self._called):
            self._passage(passage, place, item)

    def _passage(self, passage: Passage, place: _Place, item: NewItem | None = None) -> None:
        role, tool = passage.role, passage.tool
        if tool is not None:
            self.tools.add(tool)
        for pointer, text in passage.texts():
            if match := self._match(role, tool, text, place.time):
                # In the JSON of an item where it is there as it is, else in its blocks.
                in_json = pointer_to(item.value, text, keys=passage.has_names) if item else None
                end = f".block.{passage.number}{pointer}" if in_json is None else in_json
                self._keep(place, end, role, tool, match)

    def _match(self, role: str, tool: str | None, text: str, time: float) -> re.Match[str] | None:
        wanted = self._query
        is_wanted = wanted.role in (None, role) and wanted.tool in (None, tool) and wanted.takes(time)
        has_room = self._most is None or len(self.found) < self._most
        return wanted.pattern.search(text) if is_wanted and has_room else None

    def _keep(self, place: _Place, end: str, role: str, tool: str | None, match: re.Match[str]) -> None:
        count = sum(1 for _ in self._query.pattern.finditer(match.string))
        self.found.append(_Match(place, end, role, tool, _around(match), count))


def _beside(traced: Traced) -> Iterator[tuple[str, str, str]]:
    """Yield what belongs to no turn: bodies, events, messages, and why an exchange failed; with role and path."""
    exchange = traced.exchange
    if traced.request is not None:
        yield from ((OTHER, f".request.body{at}", text) for at, text in leaves(traced.request_body))
    if traced.response is not None:
        yield from ((OTHER, f".response.body{at}", text) for at, text in leaves(traced.response_body))
    for event in traced.events:
        yield from ((OTHER, f".event.{event.number + 1}/data{at}", text) for at, text in leaves(event.data))
    messages = exchange.websocket.messages if exchange.websocket else []
    numbers = {id(message): number for number, message in enumerate(messages, 1)}
    for one in traced.other_messages:
        path = f".message.{numbers[id(one.message)]}"
        yield from ((OTHER, path + at, text) for at, text in leaves(one.value))
    if exchange.error:
        yield ERROR, "/error", exchange.error


def search(run: KnownRun, query: Query, most: int | None) -> tuple[list[Hit], set[str]]:
    """Return where a run says something, in the order of its record, up to a number of hits; and its tools."""
    searcher = Searcher(query, most)
    run.observe(searcher)
    return [_hit(run, one) for one in searcher.found], searcher.tools


def _hit(run: KnownRun, match: _Match) -> Hit:
    place = match.place
    turn, start = None, f"exchange.{place.line}"
    if place.is_turn:
        turn, start = run.numbers[place.line, place.part]
    if place.item is not None:
        start = path_of_item(run, place.item)
    return Hit(
        run=run.name,
        turn=turn,
        role=match.role,
        tool=match.tool,
        path=start + match.end,
        text=match.text,
        matches=match.matches,
        time=place.time,
    )


def _around(match: re.Match[str]) -> str:
    """Return a match with what is around it, in one line."""
    text, begin = match.string, max(match.start() - _AROUND, 0)
    end = min(match.end() + _AROUND, begin + _LONGEST, len(text))
    line = " ".join(visible(text[begin:end].replace("\n", " ")).split())
    return f"{'…' if begin else ''}{line}{'…' if end < len(text) else ''}"
