"""Which tools the model was offered and called, and what became of the calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from probe.analysis.groups import PlacedTurn, Thread
from probe.analysis.sent_items import Sent, summed
from probe.trace.items import Known


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a call."""

    turn: int
    """Index of the turn whose request has the result."""
    failed: bool | None
    """None where the API does not report it."""


class ToolUse(msgspec.Struct, kw_only=True):
    """One tool over a whole run."""

    name: str
    offered: int = 0
    """Turns that offered it."""
    first: int | None = None
    """Index of the first of them."""
    calls: int = 0
    failed: int = 0
    known: int = 0
    """Calls whose result says whether they failed."""
    size: int = 0
    """Bytes of its newest definition."""


class Results:
    """Knows the results of calls: an id may be used again later, or in another thread."""

    def __init__(self, sent: Sequence[Sent], items: Sequence[Known], threads: Sequence[Thread]) -> None:
        self._thread = {turn.index: thread.number for thread in threads for turn in thread.turns}
        self._found: dict[tuple[int, str], list[Result]] = {}
        """In the order in which they were sent."""
        for one in sent:
            for number in one.added:
                for call_id, failed in items[number].features.results.items():
                    key = (self._thread[one.turn.index], call_id)
                    self._found.setdefault(key, []).append(Result(turn=one.turn.index, failed=failed))

    def of(self, turn: PlacedTurn, call_id: str | None) -> Result | None:
        """Return the result of a turn's call; None where no later request has it."""
        found = self._found.get((self._thread[turn.index], call_id or ""), ())
        return next((one for one in found if one.turn > turn.index), None)


def tool_uses(sent: Sequence[Sent], items: Sequence[Known], results: Results) -> list[ToolUse]:
    """Return all tools: those that were offered as they appeared, then those that were only called."""
    offers = [[(name, 1) for name in one.features.offered] for one in items]
    sets = summed(sent, offers.__getitem__)
    found: dict[str, ToolUse] = {}
    for one in sent:
        for number in one.added:
            for name, _ in offers[number]:
                known = found.setdefault(name, ToolUse(name=name, first=one.turn.index))
                known.size = items[number].size // len(offers[number])
    # Nearly all turns offer the same tools.
    times = Counter(map(id, sets.values()))
    for offered in {id(names): names for names in sets.values()}.values():
        for name, count in offered.items():
            found[name].offered += times[id(offered)] if count else 0
    for one in sent:
        for name, call_id in _calls(one.turn):
            known = found.setdefault(name, ToolUse(name=name))
            result = results.of(one.turn, call_id)
            known.calls += 1
            known.failed += bool(result and result.failed)
            known.known += bool(result and result.failed is not None)
    return list(found.values())


def _calls(turn: PlacedTurn) -> Iterator[tuple[str, str | None]]:
    yield from ((call.name, call.call_id) for call in turn.facts.calls)
    yield from turn.facts.more_called
