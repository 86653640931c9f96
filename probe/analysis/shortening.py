"""Find the turns before which an agent shortened its conversation (compaction)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from probe.analysis.groups import PlacedTurn, Thread
from probe.renderers.api import Kind
from probe.trace.items import Known

_FEWEST = 4
"""Messages: an agent that drops fewer repairs its last step."""


class Shortening(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a conversation."""

    before: int
    """Index of the last turn that sent it whole."""
    messages: int
    """How many of that turn's messages are gone."""


def shortenings(threads: Iterable[Thread], items: Sequence[Known]) -> dict[int, Shortening]:
    """Return where at least half of the messages are gone, by index of the first turn without them."""
    found: dict[int, Shortening] = {}
    for thread in threads:
        last: PlacedTurn | None = None
        for turn in thread.turns:
            # A request that names the answer which it goes on from sends only what is new.
            if turn.is_side or turn.facts.previous_id:
                continue
            if last is not None and len(turn.facts.items) < len(last.facts.items):
                old, new = _messages(last, items), _messages(turn, items)
                gone = (old - new).total()
                if gone >= max(_FEWEST, old.total() / 2):
                    found[turn.index] = Shortening(before=last.index, messages=gone)
            last = turn
    return found


def _messages(turn: PlacedTurn, items: Sequence[Known]) -> Counter[int]:
    """Return the messages of a turn, whatever marks of the cache they have."""
    return Counter(items[number].canonical for number in turn.facts.items if items[number].kind is Kind.MESSAGE)
