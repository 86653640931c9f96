"""Check that a recording can be replayed: each of its calls, asked again, is found as itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.replay.call_keys import CallKey, Threads
from probe.replay.item_hashes import ItemHash, ItemHashes
from probe.replay.matching import Found, Matching
from probe.slots.slots import Slots
from probe.trace.items import NewItem
from probe.trace.turns import Traced


class SelfMatch:
    """Collects the keys of a recording's calls, no content."""

    def __init__(self, slots: Slots) -> None:
        self._hashes = ItemHashes(slots)
        self._threads = Threads(self._hashes)
        self._known: dict[int, ItemHash] = {}
        self._calls: list[tuple[float, int, CallKey]] = []
        """When each began, its line, its key."""

    def add(self, traced: Traced, new: Sequence[NewItem]) -> None:
        """Add an exchange; `new` has the items that are new in it."""
        self._hashes.items(traced.api, new, self._known, recorded=True, sent=False)
        for turn in traced.turns:
            key = self._threads.key(turn.api, turn.path, turn.asked, turn.request, turn.items, self._known)
            self._threads.answered(len(self._calls), key, *self._hashes.answer(turn.api, turn.items, turn.answer))
            self._calls.append((turn.started, traced.exchange.seq, key))

    def problems(self) -> Iterator[str]:
        """Yield the calls that would get another answer than their own, or none."""
        matching = Matching()
        for _, _, key in self._calls:
            matching.add(key)
        for _, line, key in sorted(self._calls, key=lambda call: call[0]):
            found, call, _ = matching.find(key)
            if found is not Found.SAME or call is None:
                yield f"line {line}: a call of {key.path} would get no answer ({found.value})"
            elif self._calls[call][2].same != key.same:
                yield f"line {line}: a call of {key.path} would get the answer of line {self._calls[call][1]}"
        if left := len(matching.left()):
            yield f"{left} answers would not be asked for"
