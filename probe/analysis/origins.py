"""Who wrote the texts among the user's messages: a human, the agent's harness, or the model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from probe.analysis.groups import Thread
from probe.analysis.sent_items import Sent
from probe.renderers.api import Kind
from probe.trace.context import ContextKind, Sizes
from probe.trace.features import Said, text_number
from probe.trace.items import Known

HUMAN = "human"
INJECTED = "injected"
"""By the agent's harness."""
MODEL = "model"
"""A sub-agent's task, which the model of its parent wrote."""
SYSTEM = "message of the system"
"""What texts are called that the harness says in the system's name, after the user spoke."""
UNMARKED = "no mark"
"""What a text of the harness is called that no tag names."""


class Origins(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote what, by number of the item; items without texts of a user's message are missing."""

    of_items: Mapping[int, tuple[str, ...]]
    """`HUMAN`, `INJECTED` or `MODEL` for each text."""
    reminders: Collection[int]
    """Messages of the system that came behind the user's words: the harness's, and no instructions."""
    first: Mapping[int, int]
    """Index of the first turn that sent an item, for all items."""


def origins_of(items: Sequence[Known], sent: Sequence[Sent], threads: Iterable[Thread], prompt: str | None) -> Origins:
    """Return who wrote the texts of the items that turns sent.

    The prompt of the run is a human's; where it is known, and sent as it is, the human said nothing else.
    """
    of_turn = {turn.index: thread for thread in threads for turn in thread.turns}
    first: dict[int, int] = {}
    worked: dict[int, int] = {}
    """The first turn of the agent's own work that sent an item."""
    for one in sent:
        first.update((number, one.turn.index) for number in one.added if number not in first)
        if not one.turn.is_side:
            worked.update((number, one.turn.index) for number in one.added if number not in worked)
    typed = {text_number(prompt)} if prompt else set[int]()
    work = {said.number for number in worked for said in items[number].features.said}
    # A harness that wraps the prompt in words of its own has said nothing else for certain.
    is_only = not typed.isdisjoint(work)

    def origin(said: Said, index: int) -> str:
        if said.number in typed:
            return HUMAN
        if said.injected or said.number not in work:
            return INJECTED
        if of_turn[index].is_sub_agent:
            return MODEL
        return INJECTED if is_only else HUMAN

    return Origins(
        of_items={
            number: tuple([origin(said, worked.get(number, index)) for said in items[number].features.said])
            for number, index in first.items()
            if items[number].features.said
        },
        reminders=_reminders(items, sent),
        first=first,
    )


def _reminders(items: Sequence[Known], sent: Sequence[Sent]) -> set[int]:
    """Return the messages of the system that a turn sent behind a message of the user."""
    found = set[int]()
    for one in sent:
        new = {number for number in one.added if items[number].kind is Kind.MESSAGE and items[number].features.system}
        if not new - found:
            continue
        is_behind = False
        for number in one.turn.facts.items:
            is_behind = is_behind or items[number].features.role == "user"
            if is_behind and number in new:
                found.add(number)
    return found


def context_of_items(items: Sequence[Known], origins: Origins) -> list[Sizes]:
    """Return what the bytes of all items are, by who wrote them."""
    found = [one.context for one in items]
    for number, of_texts in origins.of_items.items():
        if HUMAN not in of_texts:
            to = ContextKind.TASK if MODEL in of_texts else ContextKind.INJECTED
            found[number] = _moved(found[number], ContextKind.USER, to)
    for number in origins.reminders:
        found[number] = _moved(found[number], ContextKind.INSTRUCTIONS, ContextKind.INJECTED)
    return found


def _moved(sizes: Sizes, kind: ContextKind, to: ContextKind) -> Sizes:
    """Count what is of one kind to another."""
    moved = dict(sizes)
    if size := moved.pop(kind, 0):
        moved[to] = moved.get(to, 0) + size
        return tuple(moved.items())
    return sizes


class InjectedTexts(msgspec.Struct, kw_only=True):
    """Texts that the harness marks alike."""

    count: int = 0
    """Different ones."""
    size: int = 0
    first: int
    """Index of the first turn that sent one."""


def injected_texts(items: Sequence[Known], origins: Origins) -> dict[str, InjectedTexts]:
    """Return what the harness put among the user's words, by how it marks it, in order of first appearance."""
    found: dict[str, InjectedTexts] = {}
    seen: set[int] = set()
    for number in sorted(origins.reminders, key=lambda one: (origins.first[one], one)):
        if items[number].canonical not in seen:
            seen.add(items[number].canonical)
            known = found.setdefault(SYSTEM, InjectedTexts(first=origins.first[number]))
            known.count += 1
            known.size += items[number].size
    for number, of_texts in sorted(origins.of_items.items(), key=lambda pair: origins.first[pair[0]]):
        for said, origin in zip(items[number].features.said, of_texts, strict=True):
            if origin == INJECTED and said.number not in seen:
                seen.add(said.number)
                known = found.setdefault(said.injected or UNMARKED, InjectedTexts(first=origins.first[number]))
                known.count += 1
                known.size += said.size
    return found
