"""Tell the agent's own work from what it asks its models beside it: titles, routing, summaries, warm-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from probe.analysis.turns import TurnFacts

TURN = "turn"
"""What the agent's own work is called."""
SIDE = "side request"
"""What a request beside it is called where nothing tells what it is for."""
WARM_UP = "warm-up"
TINY = 16
"""Tokens: an answer that may have no more says nothing, it only shows that there is one."""


@dataclass(slots=True, kw_only=True)
class _Scope:
    """What is usual in one session."""

    working: set[str | None] = field(default_factory=set)
    """Models that were offered tools."""
    models: Counter[str | None] = field(default_factory=Counter)
    """Models with how much they were asked."""

    @property
    def main(self) -> str | None:
        """Give the model that was asked most."""
        return max(self.models, key=lambda name: (self.models[name], name or ""))


def purposes(turns: Sequence[TurnFacts]) -> list[str]:
    """Give each turn's purpose: `turn`, or what the request beside the work is for."""
    scopes: dict[str | None, _Scope] = {}
    for turn in turns:
        scope = scopes.setdefault(turn.ids.get("session"), _Scope())
        scope.models[turn.model] += turn.asked.size + 1
        if turn.asked.tools and not _asks_nothing(turn):
            scope.working.add(turn.model)
    return [_purpose(turn, turns, scopes[turn.ids.get("session")]) for turn in turns]


def _purpose(turn: TurnFacts, turns: Sequence[TurnFacts], scope: _Scope) -> str:
    if turn.asked.warm_up:
        return WARM_UP
    if turn.asked.tools is None or not _is_beside(turn, turns, scope):
        return TURN
    if turn.asked.about:
        return turn.asked.about
    return WARM_UP if _asks_nothing(turn) else SIDE


def _is_beside(turn: TurnFacts, turns: Sequence[TurnFacts], scope: _Scope) -> bool:
    if _asks_nothing(turn):
        return True
    if turn.asked.tools or "agent" in turn.ids or "parent" in turn.ids:
        return False
    if scope.working:
        return not _goes_on(turn, turns, scope)
    # An agent without tools, such as one that reads edits out of the text.
    return turn.model != scope.main or (turn.asked.structured and turn.link.before is None and len(scope.models) > 1)


def _goes_on(turn: TurnFacts, turns: Sequence[TurnFacts], scope: _Scope) -> bool:
    """Tell whether a turn without tools goes on from the work, say as its last step."""
    if turn.link.before is None or turn.asked.structured or turn.model not in scope.working:
        return False
    before: TurnFacts | None = turns[turn.link.before]
    while before is not None and not before.asked.tools:
        before = turns[before.link.before] if before.link.before is not None else None
    return before is not None


def _asks_nothing(turn: TurnFacts) -> bool:
    return turn.asked.warm_up or (turn.asked.most_output is not None and turn.asked.most_output <= TINY)
