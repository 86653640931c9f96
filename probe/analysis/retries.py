"""Fold the failed tries of a call into the turn that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from probe.analysis.groups import PlacedTurn
from probe.trace.facts import TurnFacts

_SOON = 16
"""Turns after a failed one among which the next try is looked for."""


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """A turn with the tries before it that failed with the same request."""

    turn: PlacedTurn
    failed: tuple[PlacedTurn, ...] = ()


def fold_retries(turns: Sequence[PlacedTurn]) -> Iterator[Tries]:
    """Yield the turns of one thread; a failed one is folded into the next that repeats it.

    Side requests may come between the two, each with tries of its own.
    """
    folded: dict[int, list[PlacedTurn]] = {}
    for place, turn in enumerate(turns):
        tries = folded.pop(place, [])
        again = _repeated(turns, place) if has_failed(turn.facts) else None
        if again is None:
            yield Tries(turn=turn, failed=tuple(tries))
        else:
            folded.setdefault(again, []).extend([*tries, turn])


def _repeated(turns: Sequence[PlacedTurn], place: int) -> int | None:
    """Return where a turn is repeated; None where it soon is not."""
    after = range(place + 1, min(place + 1 + _SOON, len(turns)))
    return next((number for number in after if _repeats(turns[number], turns[place])), None)


def _repeats(after: PlacedTurn, turn: PlacedTurn) -> bool:
    same_input = after.link.repeated and after.link.before == turn.index
    return same_input or after.facts.items == turn.facts.items


def has_failed(turn: TurnFacts) -> bool:
    """Check whether a call got no answer, or an error."""
    return turn.status is None or turn.status >= 400
