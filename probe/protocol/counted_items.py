"""Count the items of requests: each is read once, and counted as often as it was sent."""

from __future__ import annotations

from collections.abc import Sequence

from probe.protocol.observing import Observer, Touched
from probe.protocol.statistics import Values, latest
from probe.renderers.api import ItemField
from probe.renderers.json_reader import parsed
from probe.trace.items import Known


class _Alike:
    """Items that move the same counters."""

    __slots__ = ("touched", "uses")

    def __init__(self, touched: Touched) -> None:
        self.touched = touched
        self.uses = 0


class CountedItems:
    """How often the items of one record were sent."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._alike: dict[tuple[tuple[int, int], ...], _Alike] = {}
        """By the identities of the counters, which live as long as they are listed here."""
        self._items: dict[int, dict[int, _Alike]] = {}
        """By the identity of the place, and the number of the item."""
        self._places: list[Values] = []

    def add(self, node: Values, field: ItemField, items: Sequence[Known]) -> None:
        """Count the items of a field at a place."""
        known = self._items.get(id(node))
        if known is None:
            known = self._items[id(node)] = {}
            self._places.append(node)
        # Not the elements, each of which would be made anew.
        texts = field.json.texts if field.listed else ()
        for place, item in enumerate(items):
            alike = known.get(item.number)
            if alike is None:
                value = parsed(bytes(texts[place])) if field.listed else field.json.value
                alike = known[item.number] = self._read(self._observer.touched(node, value))
            alike.uses += 1

    def _read(self, touched: Touched) -> _Alike:
        key = tuple([(id(node), code) for node, code in touched])
        return self._alike.setdefault(key, _Alike(touched))

    def settle(self) -> None:
        """Add all uses to the statistics."""
        for alike in self._alike.values():
            for node, code in alike.touched:
                latest(node).counts[code] += alike.uses
            alike.uses = 0
