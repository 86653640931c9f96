"""The items of a streamed answer: which one an event is about, and which events each was made of."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import EventSource
from probe.renderers.openai_responses.streamed_item import StreamedItem


class StreamedItems:
    """Finds items by their number, else by id, else by their place: some providers number nothing."""

    def __init__(self) -> None:
        self._items: dict[Any, StreamedItem] = {}
        self._ids: dict[Any, Any] = {}
        """Key of each item whose id is known."""
        self._named: set[Any] = set()
        """Those keys, since looking for one among the values would take ever longer."""
        self._latest: Any = 0
        self._number = 0
        self._touched: StreamedItem | None = None
        """The item that the event before was about."""

    def begin_event(self, number: int) -> None:
        """Take the number of the next event; the one before, if several were joined, went up to there."""
        if self._touched is not None:
            self._touched.source = EventSource(self._touched.source.first, number - 1)
            self._touched = None
        self._number = number

    def of(self, event: dict[str, Any], key: Any = None, assumed: str | None = None) -> StreamedItem:
        """Return the item that an event is about, the latest where it does not say; `assumed` is its type then."""
        if key is None:
            key = self._known(_key(event, "output_index"), _key(event, "item_id"))
            key = self._latest if key is None else key
        self._latest = key
        item = self._items.get(key)
        if item is None:
            item = self._items[key] = StreamedItem()
            item.source = EventSource(self._number, self._number)
        if assumed is not None:
            item.assume(assumed)
        self._touched = item
        return item

    def of_item(self, event: dict[str, Any], item: dict[str, Any], *, done: bool = False) -> StreamedItem:
        """Return the item that an event carries, found by its number, else by its id, else by its place."""
        index, name = _key(event, "output_index"), _key(item, "id")
        if index is None and name not in self._ids and done and self._is_latest(item):
            index = self._latest
        key = self._known(index, name)
        return self.of(event, f"item {len(self._items)}" if key is None else key)

    def all(self, listed: Any, end: EventSource | None) -> list[StreamedItem]:
        """Return the items in their order, with those that only the last event lists."""
        order = list(self._items)
        for index, listing in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(listing, dict):
                self._listed(index, listing, order, end or EventSource(0, 0)).end_with(listing)
        return list(self._items.values())

    def _listed(self, index: int, listing: dict[str, Any], order: list[Any], end: EventSource) -> StreamedItem:
        """Return the item that the last event lists: by index, by id, or by order where it has neither."""
        keys: list[Any] = [key for key in (index, self._ids.get(_key(listing, "id"))) if key in self._items]
        if not keys and index < len(order) and not isinstance(order[index], int):
            keys = [order[index]]
        key = keys[0] if keys else index
        if key not in self._items:
            self._items[key] = StreamedItem()
            self._items[key].source = end
        return self._items[key]

    def _known(self, index: Any, name: Any) -> Any:
        """Return an item's key: its number, or the one that came with its id before; None where it has neither."""
        if index is None and name is None:
            return None
        key = self._ids.get(name, name) if index is None else index
        if name is not None:
            self._ids[name] = key
            self._named.add(key)
        return key

    def _is_latest(self, item: dict[str, Any]) -> bool:
        """Check whether an item may be the one that came last, whose id no event has."""
        latest = self._items.get(self._latest)
        if latest is None or latest.done is not None or self._latest in self._named:
            return False
        return latest.kind in (None, item.get("type"))


def index_of(event: dict[str, Any], field: str | None) -> int:
    """Return the number of a part; 0 where an event has none."""
    index = event.get(field) if field else 0
    return index if isinstance(index, int) else 0


def _key(fields: dict[str, Any], name: str) -> int | str | None:
    value = fields.get(name)
    return value if isinstance(value, int | str) else None
