"""What a turn's request adds, changes and drops, compared with the turn before it in its thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from probe.renderers.api import Kind
from probe.trace.facts import TurnFacts
from probe.trace.items import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Item numbers, by what became of them."""

    settings: tuple[tuple[int, int | None], ...]
    """A new or changed setting, and what it was before; None for a new one."""
    dropped_settings: tuple[int, ...]
    instructions: tuple[int, ...]
    """New or changed instructions."""
    messages: tuple[tuple[int, int], ...]
    """Place among the request's messages, and item: those that were added."""
    answered: tuple[int, ...]
    """Places of added messages that repeat the answer of the turn before."""
    dropped_messages: tuple[int, ...]
    tools: tuple[int, ...]
    """Tools that were added or changed."""
    dropped_tools: tuple[int, ...]
    same_messages: int
    same_tools: int


def changes(turn: TurnFacts, before: TurnFacts | None, items: Sequence[Known]) -> Changes:
    """Return what is new in a turn's request; all of it where there is no turn before."""
    old, new = _by_kind(before, items), _by_kind(turn, items)
    stored = bool(before and turn.previous_id)
    added, dropped_messages = _difference(old[Kind.MESSAGE], new[Kind.MESSAGE], items)
    if stored:
        # What came before is stored by the API: the request holds only what is new.
        added, dropped_messages = list(enumerate(new[Kind.MESSAGE])), []
    sent_back = Counter(before.sent_back) if before else Counter[int]()
    answered = []
    for place, number in added:
        if sent_back[items[number].canonical] > 0:
            sent_back[items[number].canonical] -= 1
            answered.append(place)
    tools, dropped_tools = _difference(old[Kind.TOOL], new[Kind.TOOL], items)
    instructions, _ = _difference(old[Kind.INSTRUCTIONS], new[Kind.INSTRUCTIONS], items)
    was = {items[number].name: number for number in old[Kind.SETTING]}
    now = {items[number].name: number for number in new[Kind.SETTING]}
    changed = [(number, was.get(name)) for name, number in now.items() if was.get(name) != number]
    return Changes(
        settings=tuple(changed),
        dropped_settings=tuple(number for name, number in was.items() if name not in now),
        instructions=tuple(number for _, number in instructions),
        messages=tuple(added),
        answered=tuple(answered),
        dropped_messages=tuple(dropped_messages),
        tools=tuple(number for _, number in tools),
        dropped_tools=tuple(dropped_tools),
        same_messages=len(new[Kind.MESSAGE]) - len(added),
        same_tools=len(new[Kind.TOOL]) - len(tools),
    )


def _by_kind(turn: TurnFacts | None, items: Sequence[Known]) -> dict[Kind, list[int]]:
    found: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for number in turn.items if turn else ():
        found[items[number].kind].append(number)
    return found


def _difference(
    old: Sequence[int], new: Sequence[int], items: Sequence[Known]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Return place and number of each item that is not among the old ones, and the old ones that are gone."""
    left = Counter(items[number].canonical for number in old)
    added = []
    for place, number in enumerate(new):
        if left[items[number].canonical] > 0:
            left[items[number].canonical] -= 1
        else:
            added.append((place, number))
    dropped = []
    for number in reversed(old):
        if left[items[number].canonical] > 0:
            left[items[number].canonical] -= 1
            dropped.append(number)
    return added, dropped[::-1]
