"""What the context of each turn is made of, in bytes and in estimated tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from probe.analysis.sent_items import Sent, summed
from probe.renderers.api import Kind
from probe.trace.context import ContextKind, Sizes, divided
from probe.trace.items import Known

_Sums = dict[ContextKind, int]


class TurnContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one request is made of."""

    sizes: Mapping[ContextKind, int]
    """Bytes that were sent."""
    tokens: Mapping[ContextKind, int] | None
    """The reported input, divided as the bytes are; None where it was not reported, or a part of it is not known."""


def contexts_of(
    sent: Sequence[Sent], items: Sequence[Known], of_items: Sequence[Sizes], *, measured: bool = True
) -> dict[int, TurnContext]:
    """Return the context of each turn by its index; `of_items` says what the bytes of each item are.

    `measured` is False where the reported usage is that of other requests.
    """
    is_message = [one.kind is Kind.MESSAGE for one in items]
    messages = summed(sent, lambda number: of_items[number] if is_message[number] else ())
    others = summed(sent, lambda number: () if is_message[number] else of_items[number])
    stored = _stored(sent, messages) if measured else {}
    return {
        (index := one.turn.index): _context(one, _added(messages[index], others[index]), stored.get(index))
        for one in sent
    }


def _context(sent: Sent, sizes: _Sums, stored: _Sums | None) -> TurnContext:
    usage = sent.turn.facts.usage
    whole = _added(sizes, stored) if stored else sizes if stored is not None else None
    known = whole and usage is not None and usage.input
    return TurnContext(
        sizes=sizes,
        tokens=dict(divided(whole, usage.input)) if known and whole and usage and usage.input else None,
    )


def _stored(sent: Sequence[Sent], messages: Mapping[int, _Sums]) -> dict[int, _Sums | None]:
    """Return what the API adds to each request from what it has stored; None where that is not known.

    A request that names an answer goes on from all messages before it, and the answer.
    """
    by_answer: dict[str, int] = {}
    answers: dict[int, Sizes] = {}
    found: dict[int, _Sums | None] = {}
    for one in sent:
        facts, index = one.turn.facts, one.turn.index
        before = by_answer.get(facts.previous_id) if facts.previous_id else None
        if facts.elsewhere or (facts.previous_id and before is None):
            found[index] = None
        elif before is None:
            found[index] = {}
        else:
            old = found[before]
            found[index] = None if old is None else _added(old, messages[before], dict(answers[before]))
        answers[index] = facts.answered
        if facts.response_id:
            by_answer[facts.response_id] = index
    return found


def _added(*sums: Mapping[ContextKind, int]) -> _Sums:
    """Return sums added up, in the order of the kinds."""
    total = {kind: sum([one.get(kind, 0) for one in sums]) for kind in ContextKind}
    return {kind: size for kind, size in total.items() if size}
