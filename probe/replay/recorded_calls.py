"""The calls of a recording with their answers, found by what an agent asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from probe.renderers.api import Api, Asked
from probe.renderers.json_reader import Json
from probe.renderers.safely import safely
from probe.replay.call_keys import CallKey, Threads
from probe.replay.evidence import Sent, SentField
from probe.replay.item_hashes import ItemHash, ItemHashes
from probe.replay.matching import Found, Match, Matching
from probe.replay.recorded_turn import RecordedTurn
from probe.slots.slots import Slots
from probe.trace.items import Items, NewItem
from probe.trace.turns import SentItems
from probe.trace.unknowns import Unknowns


class NewItems(NamedTuple):
    """Items at their first appearance in a recording."""

    api: Api
    items: Sequence[NewItem]


class RecordedCalls:
    """Matches calls of an agent with those of a recording."""

    def __init__(self, turns: Sequence[RecordedTurn], new: Sequence[NewItems], slots: Slots) -> None:
        """`turns` are in the order in which they began; `new` has all of their items."""
        self.hashes = ItemHashes(slots)
        self.matching = Matching()
        self._turns = turns
        self._live_items = Items(Unknowns(), shaped=False)
        self._live_known: dict[int, ItemHash] = {}
        self._known: dict[int, ItemHash] = {}
        for one in new:
            self.hashes.items(one.api, one.items, self._known, recorded=True)
        threads = Threads(self.hashes)
        self._keys: list[CallKey] = []
        for number, turn in enumerate(turns):
            key = threads.key(turn.api, turn.path, turn.asked, turn.request, turn.items, self._known)
            self._keys.append(key)
            self.matching.add(key)
            threads.answered(number, key, *self.hashes.answer(turn.api, turn.items, turn.answer))
        self._threads = Threads(self.hashes)

    def find(self, api: Api, path: str, body: Json, *, websocket: bool) -> tuple[Sent, Match]:
        """Find a call of the agent."""
        items, asked = self._read(api, path, body)
        self.hashes.items(api, self._live_items.take_new(), self._live_known)
        key = self._threads.key(api, path, asked, body, items, self._live_known)
        match = self.matching.find(key)
        if match.call is not None and match.found in (Found.SAME, Found.NEAREST):
            turn = self._turns[match.call]
            self._threads.answered(match.call, key, *self.hashes.answer(turn.api, turn.items, turn.answer))
        return Sent(api, body, asked, key, websocket, _with_hashes(items, self._live_known)), match

    def sent(self, number: int) -> Sent:
        """Return a recorded call with its content."""
        turn = self._turns[number]
        items = _with_hashes(turn.items, self._known)
        return Sent(turn.api, turn.request, turn.asked, self._keys[number], turn.websocket, items)

    def _read(self, api: Api, path: str, body: Json) -> tuple[SentItems | None, Asked]:
        fields, _ = safely(lambda: api.items(path, body))
        if fields is None:
            return None, Asked()
        asked, _ = safely(lambda: api.asked(path, body))
        return [(field, self._live_items.add(api, field)) for field in fields], asked or Asked()


def _with_hashes(items: SentItems | None, known: Mapping[int, ItemHash]) -> list[SentField]:
    return [SentField(field, [known[one.number].sent for one in found]) for field, found in items or ()]
