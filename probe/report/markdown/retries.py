"""Fold the failed tries of a call into the turn that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from probe.analysis.groups import PlacedTurn
from probe.trace.facts import TurnFacts


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """A turn with the tries before it that failed with the same request."""

    turn: PlacedTurn
    failed: tuple[PlacedTurn, ...] = ()


def fold_retries(turns: Sequence[PlacedTurn]) -> Iterator[Tries]:
    """Yield the turns of one thread; a failed one that the next repeats is folded into that."""
    failed: list[PlacedTurn] = []
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        if after is not None and has_failed(turn.facts) and _repeats(after, turn):
            failed.append(turn)
        else:
            yield Tries(turn=turn, failed=tuple(failed))
            failed = []


def _repeats(after: PlacedTurn, turn: PlacedTurn) -> bool:
    same_input = after.link.repeated and after.link.before == turn.index
    return same_input or after.facts.items == turn.facts.items


def has_failed(turn: TurnFacts) -> bool:
    """Check whether a call got no answer, or an error."""
    return turn.status is None or turn.status >= 400
