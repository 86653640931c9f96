"""Distinguish the agent's own work from side requests: titles, routing, summaries, warm-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from probe.analysis.continuation import Link
from probe.trace.facts import TurnFacts

TURN = "turn"
"""What the agent's own work is called."""
SIDE = "side request"
"""What a side request is called whose purpose is not known."""
WARM_UP = "warm-up"
TINY = 16
"""Tokens: an output limit this small means a connectivity check."""


_SUBJECTS = {"title": "title", "isNewTopic": "topic", "topic": "topic", "commit_message": "commit message"}
"""Fields of an answer that name what a request is for."""
_FEW = 2
"""Fields of an answer that has no more to say than its subject."""


class _Scope(msgspec.Struct, kw_only=True):
    """What is usual in one session."""

    working: set[str | None] = msgspec.field(default_factory=set)
    """Models that were offered tools."""
    models: Counter[str | None] = msgspec.field(default_factory=Counter)
    """Models with how much they were asked."""

    @property
    def main(self) -> str | None:
        """Return the model that was asked most."""
        return max(self.models, key=lambda name: (self.models[name], name or ""))


def purposes(turns: Sequence[TurnFacts], found: Sequence[Link]) -> list[str]:
    """Return each turn's purpose: `turn`, or what a side request is for."""
    scopes: dict[str | None, _Scope] = {}
    for turn, link in zip(turns, found, strict=True):
        scope = scopes.setdefault(turn.ids.get("session"), _Scope())
        scope.models[turn.model] += turn.size + 1
        if link.tools and not _asks_nothing(turn):
            scope.working.add(turn.model)
    subjects = _subjects(turns, found)
    named = [subject if not all(subjects) else None for subject in subjects]
    return [
        named[index] or _purpose(turn, index, turns, found, scopes[turn.ids.get("session")])
        for index, turn in enumerate(turns)
    ]


def _purpose(turn: TurnFacts, index: int, turns: Sequence[TurnFacts], found: Sequence[Link], scope: _Scope) -> str:
    if turn.warm_up:
        return WARM_UP
    if not turn.read or not _is_beside(turn, index, turns, found, scope):
        return TURN
    if turn.about:
        return turn.about
    return WARM_UP if _asks_nothing(turn) else SIDE


def _subjects(turns: Sequence[TurnFacts], found: Sequence[Link]) -> list[str | None]:
    """Return what each request is for whose answer has a field or two, of which one names it; None for any other.

    Whatever its session, and the tools that it is offered: codex asks for titles in sessions of their own. What goes
    on, or calls tools, is work by a schema of the user's.
    """
    going_on = {link.before for link in found if not link.repeated}
    subjects: list[str | None] = []
    for index, (turn, link) in enumerate(zip(turns, found, strict=True)):
        goes_on = index in going_on or (link.before is not None and not link.repeated)
        alone = not (goes_on or turn.calls or turn.warm_up)
        fields = turn.schema_fields or () if alone else ()
        named = (_SUBJECTS[name] for name in fields if name in _SUBJECTS)
        subjects.append(next(named, None) if len(fields) <= _FEW else None)
    return subjects


def _is_beside(turn: TurnFacts, index: int, turns: Sequence[TurnFacts], found: Sequence[Link], scope: _Scope) -> bool:
    if _asks_nothing(turn):
        return True
    if found[index].tools or "agent" in turn.ids or "parent" in turn.ids:
        return False
    if scope.working:
        return not _goes_on(turn, index, turns, found, scope)
    # An agent without tools, such as one that reads edits out of the text.
    alone = turn.schema_fields is not None and found[index].before is None
    return turn.model != scope.main or (alone and len(scope.models) > 1)


def _goes_on(turn: TurnFacts, index: int, turns: Sequence[TurnFacts], found: Sequence[Link], scope: _Scope) -> bool:
    """Check whether a turn without tools goes on from the work, say as its last step."""
    before = found[index].before
    if before is None or turn.schema_fields is not None or turn.model not in scope.working:
        return False
    while before is not None and not found[before].tools:
        before = found[before].before
    return before is not None


def _asks_nothing(turn: TurnFacts) -> bool:
    return turn.warm_up or (turn.most_output is not None and turn.most_output <= TINY)
