"""What can be asked of one turn or one item: the values that `show --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from probe.ask.block_content import SETTING, Passage
from probe.ask.known_run import KnownRun
from probe.ask.look_up import answer_passages, item_passages
from probe.ask.run_values import path_of_item
from probe.renderers.api import Kind
from probe.report.preview import preview
from probe.report.summary_part import Part
from probe.report.summary_turn import Turn
from probe.trace.items import Known


class ItemLine(Part, frozen=True, kw_only=True):
    """An item in one line."""

    path: str
    """Where it is."""
    kind: Kind
    """setting, instructions, tool or message."""
    name: str
    """Name of a setting; empty for the others."""
    role: str | None
    """Whose words it is: a role that `grep` takes; None where it has no content."""
    bytes: int
    """Of its JSON."""
    beginning: str
    """The beginning of what it says."""


class TurnShown(Part, frozen=True, kw_only=True):
    """A turn."""

    facts: Turn
    """As in summary.json."""
    same_items: int
    """Items that the turn that it is compared with sent too."""
    new: list[ItemLine]
    """The others, in the order of the request."""
    answer: list[Any]
    """The blocks of its answer that have content, each with its class's name as `block`: `turn.N.block.K`."""


class ItemShown(Part, frozen=True, kw_only=True):
    """An item."""

    path: str
    """Where it is."""
    number: int
    """In the order of first appearance, from 0."""
    sha256: str
    """Of its JSON as it was sent."""
    kind: Kind
    """setting, instructions, tool or message."""
    name: str
    """Name of a setting; empty for the others."""
    role: str | None
    """Whose words it is: a role that `grep` takes; None where it has no content."""
    place: str
    """Where it is in a request's body."""
    bytes: int
    """Of its JSON."""
    first_turn: int | None
    """The first turn that sent it; null where only failed tries did."""
    requests: int
    """How many requests sent it."""
    value: Any
    """Its JSON."""


def turn_shown(run: KnownRun, number: int) -> TurnShown:
    """Return a turn with what is new in its request, and its answer. Raises UserError."""
    placed = run.tries(number).turn
    changes = run.findings.changes[placed.index]
    is_new = {
        *changes.instructions,
        *changes.tools,
        *(one for one, _ in changes.settings),
        *(one for _, one in changes.messages),
    }
    items = placed.facts.items
    return TurnShown(
        facts=run.summary.turns[number - 1],
        same_items=sum(one not in is_new for one in items),
        new=[item_line(run, one) for one in items if one in is_new],
        answer=[msgspec.to_builtins(one.block) for one in answer_passages(run, placed.facts)],
    )


def item_line(run: KnownRun, number: int) -> ItemLine:
    """Return an item in one line."""
    item = run.item(number)
    known, passages = item.known, item_passages(item)
    return ItemLine(
        path=path_of_item(run, number),
        kind=known.kind,
        name=known.name,
        role=role_of(passages),
        bytes=known.size,
        beginning=preview([one.block for one in passages]),
    )


def role_of(passages: Sequence[Passage]) -> str | None:
    """Return whose words an item is; what surrounds a message, its id say, is nobody's."""
    roles = [one.role for one in passages]
    return next((role for role in roles if role != SETTING), roles[0] if roles else None)


def item_shown(run: KnownRun, known: Known) -> ItemShown:
    """Return an item with its value."""
    item, first = run.item(known.number), run.findings.origins.first.get(known.number)
    return ItemShown(
        path=path_of_item(run, known.number),
        number=known.number,
        sha256=known.sha256,
        kind=known.kind,
        name=known.name,
        role=role_of(item_passages(item)),
        place=known.at,
        bytes=known.size,
        first_turn=run.findings.numbers[first] if first is not None else None,
        requests=known.uses,
        value=item.value,
    )
