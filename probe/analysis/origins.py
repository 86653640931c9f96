"""Who wrote the texts among the user's messages: a human, the agent's harness, or the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from probe.analysis.groups import Thread
from probe.analysis.sent_items import Sent
from probe.trace.context import ContextKind, Sizes
from probe.trace.features import Said, text_number
from probe.trace.items import Known

HUMAN = "human"
INJECTED = "injected"
"""By the agent's harness."""
MODEL = "model"
"""A sub-agent's task, which the model of its parent wrote."""
UNMARKED = "no mark"
"""What a text of the harness is called that no tag names."""


class Origins(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote what, by number of the item; items without texts of a user's message are missing."""

    of_items: Mapping[int, tuple[str, ...]]
    """`HUMAN`, `INJECTED` or `MODEL` for each text."""
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
        first=first,
    )


def context_of_items(items: Sequence[Known], origins: Origins) -> list[Sizes]:
    """Return what the bytes of all items are: a side request's own words are no human's."""
    found = [one.context for one in items]
    for number, of_texts in origins.of_items.items():
        if set(of_texts) == {INJECTED}:
            sizes = dict(items[number].context)
            words = sizes.pop(ContextKind.USER, 0)
            if words:
                sizes[ContextKind.INJECTED] = sizes.get(ContextKind.INJECTED, 0) + words
                found[number] = tuple(sizes.items())
    return found


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
    for number, of_texts in sorted(origins.of_items.items(), key=lambda pair: origins.first[pair[0]]):
        for said, origin in zip(items[number].features.said, of_texts, strict=True):
            if origin == INJECTED and said.number not in seen:
                seen.add(said.number)
                known = found.setdefault(said.injected or UNMARKED, InjectedTexts(first=origins.first[number]))
                known.count += 1
                known.size += said.size
    return found
