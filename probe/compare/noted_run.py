"""Make of a run's findings what is compared of it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from probe.analysis.findings import Findings
from probe.analysis.groups import PlacedTurn, Thread
from probe.analysis.retries import has_failed
from probe.analysis.totals import TOKENS
from probe.compare.noting import Notes, calls_of
from probe.compare.side import NotedThread, NotedTurn, Numbers, OfferedTool, Said, SaidIn, SentItem, Side
from probe.protocol.description import Protocol
from probe.slots.slots import Slots
from probe.trace.facts import TurnFacts

_MOST_SAID = 40
"""Texts that are kept of what is new in a turn."""


def side_of(found: Findings, notes: Notes, slots: Slots, protocol: Protocol, prompt: str | None) -> Side:
    """Return all that is compared of a run; `prompt` is what the user said, where that is known."""
    said = _Said(found, notes, slots.text(prompt) if prompt else None)
    turns = [tries.turn for tries in found.turns]
    groups = {turn.index: _group(thread, turn) for thread in found.threads for turn in thread.turns}
    models: dict[str, dict[str, None]] = {}
    for turn in turns:
        if turn.facts.model:
            models.setdefault(turn.purpose, {})[turn.facts.model] = None
    return Side(
        exchanges=found.exchange_totals.requests,
        models={purpose: tuple(names) for purpose, names in models.items()},
        purposes=dict(Counter(turn.purpose for turn in turns)),
        chained=sum(turn.facts.previous_id is not None for turn in turns),
        threads=tuple(_thread(found, thread, said, slots) for thread in found.threads),
        instructions=tuple(_instructions(said, turns, groups)),
        tools=tuple(_tools(found, notes)),
        calls=len(turns),
        offering=sum(turn.facts.tools > 0 for turn in turns),
        numbers=_numbers(found, turns),
        headers={name: tuple(sorted(values)) for name, values in notes.headers.items()},
        settings={purpose: tuple(items.values()) for purpose, items in _settings(turns, notes).items()},
        protocol=protocol,
    )


def _group(thread: Thread, turn: PlacedTurn) -> str:
    """Return whom the instructions of a turn are for."""
    return turn.purpose if turn.is_side else _kind(thread)


def _kind(thread: Thread) -> str:
    if not thread.is_sub_agent:
        return next((turn.purpose for turn in thread.turns if not turn.is_side), thread.turns[0].purpose)
    return f"sub-agent {thread.task.call.agent or ''}".strip() if thread.task else "sub-agent"


class _Said:
    """What each turn says that the turn before did not."""

    def __init__(self, found: Findings, notes: Notes, prompt: str | None) -> None:
        self._found, self._notes, self._prompt = found, notes, prompt

    def new(self, turn: PlacedTurn) -> list[Said]:
        """Return the texts that are new with a turn; what the model said itself is no part of them.

        What comes with the user's prompt in the user's name, and is not the prompt, are instructions of the agent's.
        """
        numbers = [*self._found.changes[turn.index].instructions, *self._messages(turn)]
        said = [one for number in numbers for one in self._notes.said.get(number, ())]
        prompt = self._prompt
        if not prompt or not any(one.what == "user" and prompt in one.text for one in said):
            return said
        return [
            replace(one, what="instructions") if one.what == "user" and prompt not in one.text else one for one in said
        ]

    def items(self, turn: PlacedTurn) -> tuple[SentItem, ...]:
        """Return the messages that are new with a turn."""
        return tuple(self._notes.items[number] for number in self._messages(turn)[:_MOST_SAID])

    def _messages(self, turn: PlacedTurn) -> list[int]:
        changes = self._found.changes[turn.index]
        answered = set(changes.answered)
        return [number for place, number in changes.messages if place not in answered]


def _settings(turns: Iterable[PlacedTurn], notes: Notes) -> dict[str, dict[tuple[str, int], SentItem]]:
    """Return the distinct settings by purpose of the call."""
    found: dict[str, dict[tuple[str, int], SentItem]] = {}
    for turn in turns:
        for number in turn.facts.items:
            item = notes.items.get(number)
            if item and item.name:
                found.setdefault(turn.purpose, {})[item.name, item.key] = item
    return found


def _thread(found: Findings, thread: Thread, said: _Said, slots: Slots) -> NotedThread:
    return NotedThread(
        number=thread.number,
        kind=_kind(thread),
        turns=tuple(
            NotedTurn(
                number=found.numbers[turn.index],
                thread=thread.number,
                purpose=turn.purpose,
                new=tuple(one for one in said.new(turn) if one.what != "instructions")[:_MOST_SAID],
                calls=calls_of(turn.facts.calls, slots),
                text=slots.text(turn.facts.text),
                failed=has_failed(turn.facts),
                stop=turn.facts.stop_word,
                items=said.items(turn),
            )
            for turn in (tries.turn for tries in found.tries[thread.number])
        ),
    )


def _instructions(said: _Said, turns: Iterable[PlacedTurn], groups: dict[int, str]) -> Iterator[SaidIn]:
    """Yield the distinct parts of the instructions of each group, and what the agent put among the user's words."""
    seen: set[tuple[str, int]] = set()
    for turn in turns:
        group = groups[turn.index]
        for one in said.new(turn):
            is_own = one.what == "instructions" or (one.what == "user" and one.mark is not None)
            if is_own and (group, one.key) not in seen:
                seen.add((group, one.key))
                yield SaidIn(group=group, said=one)


def _tools(found: Findings, notes: Notes) -> Iterator[OfferedTool]:
    """Yield each distinct definition of a tool with how many requests have it, in the order of their appearance."""
    uses = {known.number: known.uses for known in found.trace.items.known}
    sums: dict[tuple[str | None, str, str], list[OfferedTool]] = {}
    for number, tools in notes.tools.items():
        for tool in tools:
            same = sums.setdefault((tool.namespace, tool.name, tool.at), [])
            place = next((i for i, one in enumerate(same) if replace(one, uses=0) == tool), None)
            if place is None:
                same.append(replace(tool, uses=uses[number]))
            else:
                same[place] = replace(tool, uses=same[place].uses + uses[number])
    for same in sums.values():
        yield from same


def _numbers(found: Findings, turns: Iterable[PlacedTurn]) -> Numbers:
    tokens: dict[str, list[float]] = {}
    answers = []
    for facts in (turn.facts for turn in turns):
        for name in TOKENS:
            if (number := getattr(facts.usage, name, None)) is not None:
                tokens.setdefault(name, []).append(number)
        if facts.ended is not None:
            answers.append(facts.ended - facts.started)
    sums = found.exchange_totals
    return Numbers(
        tokens={name: tuple(values) for name, values in tokens.items()},
        priced=tuple(_without_items(turn.facts) for turn in turns),
        first_parts=found.time.first_parts,
        answers=tuple(answers),
        seconds=sums.seconds,
        sent=sums.request_bytes,
        received=sums.response_bytes,
    )


def _without_items(facts: TurnFacts) -> TurnFacts:
    return replace(facts, items=array("L"), sent_back=())
