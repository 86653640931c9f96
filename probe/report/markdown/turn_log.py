"""Write the turns one by one: what is new in each request, and its answer. What was shown before is a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from probe.analysis.groups import PlacedTurn
from probe.report.markdown.changes import Changes, changes
from probe.report.markdown.escape import inline
from probe.report.markdown.exchange_facts import offset
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.markdown.full_log import exchange_heading
from probe.report.markdown.retries import Tries
from probe.report.markdown.tables import plural
from probe.trace.items import Known
from probe.trace.trace import ExchangeFacts

LARGE = 4000
"""Characters of a side exchange's body from which the report only says how long it is."""


class TurnLog:
    """Writes turns and side exchanges whose texts are in a spool."""

    def __init__(
        self,
        texts: ExchangeTexts,
        items: Sequence[Known],
        numbers: Mapping[int, int],
        turns: Mapping[int, PlacedTurn],
        started: float,
    ) -> None:
        self._texts, self._items, self._numbers, self._turns = texts, items, numbers, turns
        self._started = started
        self._shown: dict[int, int] = {}
        """By item: the number of the turn that showed it first."""

    def turn(self, tries: Tries, exchange: ExchangeFacts) -> str:
        """Write a turn, with the failed tries before it in a line each."""
        turn = tries.turn
        number = self._numbers[turn.index]
        before = self._turns[turn.link.before] if turn.link.before is not None else None
        found = changes(turn.facts, before.facts if before else None, self._items)
        parts = [
            f'<a id="turn-{number}"></a>\n\n### Turn {number}. {exchange_heading(exchange, self._started)}\n',
            self._about(turn, exchange),
            *(self._failed(one) for one in tries.failed),
            "\n".join(self._request(number, before, found)),
            self._texts.spool.get(("notes", turn.facts.line, turn.facts.part)),
            f"**Answer**\n\n{self._texts.spool.get(('answer', turn.facts.line, turn.facts.part))}",
        ]
        return "\n".join(filter(None, parts))

    def _about(self, turn: PlacedTurn, exchange: ExchangeFacts) -> str:
        if turn.facts.part is None:
            return self._texts.spool.get(("circumstances", exchange.line))
        ended = turn.facts.ended
        took = f"took {ended - turn.facts.started:.2f}s" if ended is not None else "no answer"
        at = offset(turn.facts.started, self._started)
        return f"WebSocket turn {turn.facts.part}, {at} · {took} · line {exchange.line} of the record\n"

    def _failed(self, turn: PlacedTurn) -> str:
        facts = turn.facts
        why = facts.problem or ("no answer" if facts.status is None else f"status {facts.status}")
        return f"Failed try at {offset(facts.started, self._started)}, line {facts.line}: {inline(why)}\n"

    def _request(self, number: int, before: PlacedTurn | None, found: Changes) -> Iterator[str]:
        since = f" since [turn {self._number(before)}](#turn-{self._number(before)})" if before else ""
        yield f"**Request**: {self._summary(found, since)}\n"
        yield from self._settings(found, before)
        for item in found.instructions:
            yield self._first(item, number) or self._texts.items.text(item)
        yield from self._messages(number, before, found)
        yield from self._tools(number, found)

    def _summary(self, found: Changes, since: str) -> str:
        parts = [f"{plural(len(found.messages), 'message')} new"]
        parts += [f"{found.same_messages:,} as before"] if found.same_messages else []
        parts += [f"{len(found.dropped_messages):,} dropped"] if found.dropped_messages else []
        parts += ["instructions new or changed"] if found.instructions and since else []
        parts += [f"{plural(len(found.tools), 'tool')} new or changed"] if found.tools else []
        parts += [f"{plural(found.same_tools, 'tool')} as before"] if found.same_tools else []
        return ", ".join(parts) + since

    def _settings(self, found: Changes, before: PlacedTurn | None) -> Iterator[str]:
        items = self._texts.items
        if found.settings:
            changed = "Settings changed: " if before else "Settings: "
            yield changed + items.settings(number for number, _ in found.settings)
        if found.dropped_settings:
            yield "Settings dropped: " + items.settings(found.dropped_settings)

    def _messages(self, number: int, before: PlacedTurn | None, found: Changes) -> Iterator[str]:
        answered = set(found.answered)
        fresh: list[tuple[str, int]] = []
        for place, item in found.messages:
            if place in answered and before:
                yield f"Message #{place}: the answer of [turn {self._number(before)}](#turn-{self._number(before)})\n"
                self._shown.setdefault(item, self._number(before))
            elif link := self._first(item, number):
                yield f"Message #{place}: {link}"
            else:
                fresh.append((str(place), item))
        if fresh:
            yield self._texts.items.messages(fresh, "New messages" if before else "Messages")
        if found.dropped_messages:
            yield self._dropped("messages", found.dropped_messages)

    def _tools(self, number: int, found: Changes) -> Iterator[str]:
        known = [item for item in found.tools if item in self._shown]
        fresh = [item for item in found.tools if item not in self._shown]
        if known:
            first = self._shown[known[0]]
            yield f"Tools: {len(known):,} as first shown in [turn {first}](#turn-{first})\n"
        if fresh:
            self._shown.update(dict.fromkeys(fresh, number))
            yield self._texts.items.tools(fresh)
        if found.dropped_tools:
            yield self._dropped("tools", found.dropped_tools)

    def _dropped(self, what: str, items: Iterable[int]) -> str:
        links = (self._shown.get(item) for item in items)
        turns = sorted({turn for turn in links if turn is not None})
        where = ", ".join(f"[turn {turn}](#turn-{turn})" for turn in turns[:6])
        return f"Dropped {what}: {len(list(items)):,}" + (f", shown in {where}" if where else "") + "\n"

    def _first(self, item: int, number: int) -> str | None:
        """Return a link to where an item was shown first; None when that is here."""
        first = self._shown.setdefault(item, number)
        if first == number:
            return None
        title = self._texts.items[item].title
        return f"{inline(title)}, first shown in [turn {first}](#turn-{first})\n"

    def _number(self, turn: PlacedTurn) -> int:
        return self._numbers[turn.index]

    def side(self, exchange: ExchangeFacts) -> str:
        """Write an exchange that is no call of the model; a long body is left to the full log."""
        spool, line = self._texts.spool, exchange.line
        parts = [f"### {exchange_heading(exchange, self._started)}\n", spool.get(("circumstances", line))]
        for name, size in (("request", exchange.sent), ("response", exchange.received)):
            text = (
                spool.get((name, line))
                if spool.size((name, line)) <= LARGE
                else f"{plural(size, 'byte')} (`--full` shows them)\n"
            )
            parts.append(f"**{name.capitalize()}**\n\n{text}" if text and size else "")
        parts.append(spool.get(("websocket", line)) if spool.size(("websocket", line)) <= LARGE else "")
        return "\n".join(filter(None, parts))
