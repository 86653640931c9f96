"""Write the turns one by one: what is new in each request, and its answer. What was shown before is a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from probe.analysis.changes import Changes
from probe.analysis.findings import Findings
from probe.analysis.groups import PlacedTurn
from probe.analysis.retries import Tries
from probe.report.actions import Actions
from probe.report.markdown.escape import code, inline
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.markdown.full_log import exchange_heading
from probe.report.plain_text import offset, plural, seconds
from probe.report.preview import cut
from probe.trace.facts import TurnFacts
from probe.trace.trace import ExchangeFacts

LARGE = 4000
"""Bytes of what was said beside the turns of a WebSocket from which the report leaves it out."""

_NAMED = 12
"""Dropped tools that are named, and turns that had what was dropped."""


class TurnLog:
    """Writes turns and side exchanges whose texts are in a spool."""

    def __init__(
        self,
        texts: ExchangeTexts,
        found: Findings,
        actions: Actions,
    ) -> None:
        self._texts, self._actions = texts, actions
        self._items = found.trace.items.known
        self._numbers, self._started, self._turn_before = found.numbers, found.started, found.before
        self._shown: dict[int, int] = {}
        """By item: the number of the turn that showed it first."""
        self._said = _said(turn for thread in found.threads for turn in thread.turns)
        self._changes = found.changes
        self._names_answers = any(one.previous_id for one in found.trace.turns)

    def turn(self, tries: Tries, exchange: ExchangeFacts) -> str:
        """Write a turn, with the failed tries before it in a line for each kind."""
        turn, facts = tries.turn, tries.turn.facts
        number = self._numbers[turn.index]
        before, found = self._turn_before[turn.index], self._changes[turn.index]
        purpose = f" ({turn.purpose})" if turn.is_side else ""
        parts = [
            f'<a id="turn-{number}"></a>\n\n### Turn {number}{purpose}. {self._actions.heading(turn)}\n',
            self._about(turn, exchange),
            *self._actions.tries(tries),
            "\n".join(self._request(number, facts, before, found)),
            self._texts.spool.get(("notes", facts.line, facts.part)),
            f"**Answer**{self._answer_id(facts)}\n\n{self._texts.spool.get(('answer', facts.line, facts.part))}",
            self._echo(facts, before),
        ]
        return "\n".join(filter(None, parts))

    def _answer_id(self, facts: TurnFacts) -> str:
        """Write by which id a later request goes on from an answer, in a run where requests do."""
        return f" {code(facts.response_id)}" if self._names_answers and facts.response_id else ""

    def _about(self, turn: PlacedTurn, exchange: ExchangeFacts) -> str:
        circumstances = self._texts.spool.get(("circumstances", exchange.line))
        circumstances += self._texts.spool.get(("damage", exchange.line))
        if turn.facts.part is None:
            return f"{exchange_heading(exchange, self._started)} · {circumstances}"
        ended = turn.facts.ended
        took = f"took {seconds(ended - turn.facts.started)}" if ended is not None else "no answer"
        at = offset(turn.facts.started, self._started)
        where = f"call {turn.facts.part} of the WebSocket in line {exchange.line} of the record"
        return f"WebSocket {code(exchange.path)} ({at}) · {took} · {where}\n"

    def _request(self, number: int, facts: TurnFacts, before: PlacedTurn | None, found: Changes) -> Iterator[str]:
        yield f"**Request**{self._compared(facts, before)}: {_summary(found, before)}\n"
        yield from self._settings(found, before)
        for item in found.instructions:
            yield self._first(item, number) or self._texts.items.text(item)
        yield from self._messages(number, facts, before, found)
        yield from self._tools(number, found)

    def _compared(self, facts: TurnFacts, before: PlacedTurn | None) -> str:
        """Write what a request is compared with, or goes on from."""
        if before is None:
            stored = facts.elsewhere or facts.previous_id
            return ", going on from what the API has stored and this record does not show" if stored else ""
        how = "going on from the answer of" if facts.previous_id else "compared with"
        return f", {how} {self._link(self._numbers[before.index])}"

    def _settings(self, found: Changes, before: PlacedTurn | None) -> Iterator[str]:
        items = self._texts.items
        if found.settings:
            changed = "Settings changed: " if before else "Settings: "
            yield changed + items.changed_settings(found.settings)
        if found.dropped_settings:
            yield "Settings dropped: " + items.settings(found.dropped_settings)

    def _messages(self, number: int, facts: TurnFacts, before: PlacedTurn | None, found: Changes) -> Iterator[str]:
        known: dict[str, list[int]] = {}
        fresh: list[tuple[int, int]] = []
        answered = set(found.answered) if before else set()
        for place, item in found.messages:
            if before and place in answered:
                self._shown.setdefault(item, self._numbers[before.index])
            elif item not in self._shown and (said := self._said_before(facts, item)) is not None:
                self._shown[item] = said
                known.setdefault(f"the answer of {self._link(said)}", []).append(place)
            elif (first := self._shown.setdefault(item, number)) != number:
                known.setdefault(f"first shown in {self._link(first)}", []).append(place)
            else:
                fresh.append((place, item))
        yield from (f"Message{'s' * (len(places) > 1)} {_places(places)}: {where}\n" for where, places in known.items())
        yield from (self._texts.items.message(place, item) for place, item in fresh)
        if found.dropped_messages:
            yield self._dropped("messages", found.dropped_messages)

    def _said_before(self, facts: TurnFacts, item: int) -> int | None:
        """Return the number of the turn whose answer a message is; None where no answer recorded before has it."""
        place, index = self._said.get(self._items[item].canonical, (_place(facts), 0))
        return self._numbers[index] if place < _place(facts) else None

    def _tools(self, number: int, found: Changes) -> Iterator[str]:
        known: dict[int, int] = {}
        for first in (self._shown.get(item) for item in found.tools):
            if first is not None:
                known[first] = known.get(first, 0) + 1
        fresh = [item for item in found.tools if item not in self._shown]
        yield from (
            f"{plural(count, 'tool')} as first shown in {self._link(first)}\n" for first, count in known.items()
        )
        if fresh:
            self._shown.update(dict.fromkeys(fresh, number))
            yield self._texts.items.tools(fresh)
        names = {self._texts.items[item].title for item in found.tools}
        # A tool that is new under the same name was changed.
        dropped = [item for item in found.dropped_tools if self._texts.items[item].title not in names]
        if dropped:
            named = ", ".join(code(cut(self._texts.items[item].title)) for item in dropped[:_NAMED])
            yield self._dropped("tools", dropped, named + (", …" if len(dropped) > _NAMED else ""))

    def _dropped(self, what: str, items: Sequence[int], named: str = "") -> str:
        turns = sorted({turn for turn in map(self._shown.get, items) if turn is not None})
        where = ", ".join(map(self._link, turns[:_NAMED]))
        names = f" ({named})" if named else ""
        return f"Dropped {what}: {len(items):,}{names}" + (f", shown in {where}" if where else "") + "\n"

    def _first(self, item: int, number: int) -> str | None:
        """Return a link to where an item was shown first; None when that is here."""
        first = self._shown.setdefault(item, number)
        if first == number:
            return None
        return f"{inline(self._texts.items[item].title)}, first shown in {self._link(first)}\n"

    def _echo(self, facts: TurnFacts, before: PlacedTurn | None) -> str:
        """Write what the answer repeats of the request differently, where it did not do so before."""
        spool, key = self._texts.spool, ("echo", facts.line, facts.part)
        if before and spool.are_same(key, ("echo", before.facts.line, before.facts.part)):
            return ""
        return spool.get(key)

    def _link(self, number: int) -> str:
        return f"[turn {number}](#turn-{number})"

    def side(self, exchange: ExchangeFacts) -> str:
        """Write an exchange that is no call of the model, or how a WebSocket ended; long bodies are in the full log."""
        spool, line = self._texts.spool, exchange.line
        parts = [
            f"### {exchange_heading(exchange, self._started)}\n",
            spool.get(("circumstances", line)),
            spool.get(("damage", line)),
        ]
        for name, size in (("request", exchange.sent), ("response", exchange.received)):
            text = spool.get((name, line))
            parts.append(f"**{name.capitalize()}**\n\n{text}" if text and size else "")
        parts.append(spool.get(("websocket", line)) if spool.size(("websocket", line)) <= LARGE else "")
        return "\n".join(filter(None, parts))


def _said(turns: Iterable[PlacedTurn]) -> dict[int, tuple[tuple[int, int], int]]:
    """Return where what answers said was recorded first, and the index of that turn, by canonical number."""
    found: dict[int, tuple[tuple[int, int], int]] = {}
    for turn in sorted(turns, key=lambda turn: _place(turn.facts)):
        for canonical in turn.facts.sent_back:
            found.setdefault(canonical, (_place(turn.facts), turn.index))
    return found


def _place(facts: TurnFacts) -> tuple[int, int]:
    return facts.line, facts.part or 0


def _summary(found: Changes, before: PlacedTurn | None) -> str:
    """Write what a request has, or what is new in it, in one line."""
    if before is None:
        tools = [plural(len(found.tools), "tool")] if found.tools else []
        return ", ".join([plural(len(found.messages), "message"), *tools])
    new = plural(len(found.messages), "new message") if found.messages else "no new message"
    same = [f"{found.same_messages:,} as before"] if found.same_messages else []
    same += [f"{len(found.dropped_messages):,} dropped"] if found.dropped_messages else []
    new += f", {_places(found.answered)} from its answer" if found.answered else ""
    parts = [new + (f" ({', '.join(same)})" if same else "")]
    parts += ["new instructions"] if found.instructions else []
    if found.tools:
        same = [f"{found.same_tools:,} as before"] if found.same_tools else []
        parts.append(f"{plural(len(found.tools), 'tool')} new or changed" + (f" ({', '.join(same)})" if same else ""))
    elif found.same_tools:
        parts.append(f"{plural(found.same_tools, 'tool')} as before")
    return "; ".join(parts)


def _places(places: Iterable[int]) -> str:
    """Write places among the messages: `#1 to #3, #7`."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(f"#{run[0]}" if len(run) == 1 else f"#{run[0]} to #{run[-1]}" for run in runs)
