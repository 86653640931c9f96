"""A run that is asked about: read once for its facts, and again, line by line, for the content that is asked for."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from probe.analysis.findings import Findings
from probe.analysis.prices import Prices
from probe.analysis.retries import Tries
from probe.ask.line_starts import LineStarts
from probe.errors import UserError
from probe.record.exchange import UnreadExchange
from probe.record.reader import read_unread
from probe.renderers.loader import Renderer
from probe.report.prompt_parts import PARTS, PromptSlots
from probe.report.run import ReportedRun
from probe.report.summarize import summary_of
from probe.report.summary import Summary
from probe.report.understood import Understood, understand
from probe.slots.slots import Slots
from probe.trace.facts import TurnFacts, last_spoken
from probe.trace.items import Known, NewItem
from probe.trace.trace import Trace, TraceReader
from probe.trace.turns import Traced, Turn

Observer = Callable[[Traced, Sequence[TurnFacts], Sequence[NewItem]], None]
"""Gets each exchange while its content is at hand."""
_KEPT = 4
"""Exchanges whose content is kept."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is needed to read a run."""

    name: str
    """What commands know it by: `target/name`."""
    record: Path
    renderer: Renderer
    ids: Mapping[str, Sequence[str]]
    described: ReportedRun
    prices: Prices
    slots: Slots
    """Finds what changes from run to run within instructions and tools."""
    on_malformed: Callable[[int, str], None]
    manifest: Mapping[str, Any]
    """As its file has it."""


class Content:
    """One exchange with all its content, whatever other exchanges hold."""

    def __init__(self, source: Source, exchange: UnreadExchange) -> None:
        reader = TraceReader(source.renderer, source.ids, structured=False)
        self.traced, self.turns, new = reader.add(exchange)
        self._items = {one.known.identity: one for one in new}

    def turn(self, part: int | None) -> Turn:
        """Return a call of the model, by its number within its WebSocket conversation."""
        return next(turn for turn in self.traced.turns if turn.part == part)

    def item(self, known: Known) -> NewItem:
        """Return an item that the exchange sent."""
        return self._items[known.identity]


class KnownRun:
    """A run; what is not asked for is not read."""

    def __init__(self, source: Source) -> None:
        self.source, self.name = source, source.name
        self._observers: list[Observer] = []
        self.first_lines: dict[int, int] = {}
        """By number of the item: the line of the record that has it first."""
        self.lines = LineStarts(source.record)
        self._contents: dict[int, Content] = {}
        """By line: those that were asked for last."""
        self._malformed = array("Q")

    @cached_property
    def trace(self) -> Trace:
        """Return the facts of its exchanges, turns and items."""
        source = self.source
        reader = TraceReader(source.renderer, source.ids, structured=False)
        for exchange in read_unread(source.record, self._skip, outlined=True):
            traced, turns, new = reader.add(exchange)
            self.first_lines.update((one.known.number, exchange.seq) for one in new)
            for observe in self._observers:
                observe(traced, turns, new)
        return reader.trace

    def observe(self, observer: Observer) -> None:
        """Have the record seen by an observer; it is read anew for it where it was read already."""
        if "trace" in self.__dict__:
            reader = TraceReader(self.source.renderer, self.source.ids, structured=False)
            for exchange in read_unread(self.source.record, lambda number, why: None, outlined=True):
                observer(*reader.add(exchange))
        else:
            self._observers.append(observer)
            self.trace  # noqa: B018 - reads it

    def _skip(self, number: int, reason: str) -> None:
        self._malformed.append(number)
        self.source.on_malformed(number, reason)

    @cached_property
    def hashes(self) -> Counter[str]:
        """Return how many items have each hash."""
        return Counter(one.sha256 for one in self.trace.items.known)

    @cached_property
    def understood(self) -> Understood:
        """Return what every report of it says."""
        source, prompt = self.source, PromptSlots(self.source.slots)
        for known in self.trace.items.known:
            if any(kind in PARTS for kind, _ in known.context):
                prompt.add([replace(self.item(known.number), known=known)])
        return understand(self.trace, source.described, source.prices, self._malformed, self.spoken, prompt)

    @property
    def findings(self) -> Findings:
        """Return what it comes down to."""
        return self.understood.findings

    @cached_property
    def summary(self) -> Summary:
        """Return its numbers, as summary.json has them."""
        return summary_of(self.understood)

    def spoken(self, facts: TurnFacts) -> str:
        """Return the whole text that a turn said last."""
        return last_spoken(self.turn(facts).response)

    def turn(self, facts: TurnFacts) -> Turn:
        """Return a turn with its content."""
        return self.content(facts.line).turn(facts.part)

    def tries(self, number: int) -> Tries:
        """Return the turn of a number that readers know it by, with the failed tries before it. Raises UserError."""
        turns = self.findings.turns
        if not 0 < number <= len(turns):
            there = f"its turns are 1 to {len(turns)}" if turns else "it holds no call of a model"
            raise UserError(f"run {self.name} has no turn {number}", there)
        return turns[number - 1]

    @cached_property
    def numbers(self) -> dict[tuple[int, int | None], tuple[int, str]]:
        """Return number and path of all turns and failed tries, by line of the record and number in a WebSocket."""
        found = {}
        for number, one in enumerate(self.findings.turns, 1):
            found[one.turn.facts.line, one.turn.facts.part] = number, f"turn.{number}"
            for place, failed in enumerate(one.failed, 1):
                found[failed.facts.line, failed.facts.part] = number, f"turn.{number}.try.{place}"
        return found

    def item(self, number: int) -> NewItem:
        """Return an item with its content."""
        known = self.trace.items.known[number]
        return self.content(self.first_lines[number]).item(known)

    def exchange(self, line: int) -> UnreadExchange:
        """Return the exchange in a line of the record, its bodies unread. Raises UserError."""
        bad: list[str] = []
        exchange = None
        if line > 0:
            start = self.lines.of(line)
            found = read_unread(self.source.record, lambda _, why: bad.append(why), start, start + 1, line - 1)
            exchange = next(found, None)
        if exchange is None:
            why = f": {bad[0]}" if bad else ""
            raise UserError(f"run {self.name} has no exchange in line {line}{why}", "lines of the record count from 1")
        return exchange

    def content(self, line: int) -> Content:
        """Return the exchange in a line of the record with all its content. Raises UserError."""
        if line not in self._contents:
            if len(self._contents) >= _KEPT:
                del self._contents[next(iter(self._contents))]
            self._contents[line] = Content(self.source, self.exchange(line))
        return self._contents[line]
