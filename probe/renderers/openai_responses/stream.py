"""Put an answer together from the events of a stream, however far it came."""

from __future__ import annotations

from collections import Counter
from typing import Any

from probe.renderers.openai_responses.assembly import Item
from probe.renderers.openai_responses.events import DELTAS, DONES, ENDS, LIFECYCLE, STEERING, Slot

_PAINTED = ("background", "output_format", "quality", "size")


class Answer:
    """What the events of one answer tell together."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.response: dict[str, Any] = {}
        """The answer as the last event told it that carries one."""
        self.errors: list[dict[str, Any]] = []
        self.steering: list[tuple[str, dict[str, Any]]] = []
        """What became of what the client put in while the answer was made: accepted, pending or failed."""
        self.shown: dict[str, list[Any]] = {}
        """Events to be shown each by itself, by type."""
        self.ended = False
        self._items: dict[Any, Item] = {}
        self._ids: dict[Any, Any] = {}
        """Key of each item whose id was told."""
        self._named: set[Any] = set()
        """Those keys, since looking for one among the values would take ever longer."""
        self._latest: Any = 0

    def add(self, name: str, event: Any) -> None:
        """Take one event: its name in the stream, and its data."""
        kind = event.get("type") if isinstance(event, dict) else None
        kind = kind if isinstance(kind, str) else name
        self.counts[kind] += 1
        if event == "[DONE]":
            return
        if not isinstance(event, dict) or not self._understood(kind, event):
            self.shown.setdefault(kind, []).append(event)

    @property
    def known(self) -> bool:
        """Tell whether any event was one of this API's."""
        return any(kind == "error" or kind.startswith("response.") for kind in self.counts)

    def items(self) -> list[Item]:
        """Give the items in their order, those included that only the last event lists."""
        listed, order = self.response.get("output") if self.ended else None, list(self._items)
        for index, listing in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(listing, dict):
                item = self._listed(index, listing, order)
                item.done = listing if item.done is None else item.done
        return list(self._items.values())

    def _listed(self, index: int, listing: dict[str, Any], order: list[Any]) -> Item:
        """Find the item that the last event lists: by index, by id, or by order where neither was told."""
        keys: list[Any] = [key for key in (index, self._ids.get(_key(listing, "id"))) if key in self._items]
        if not keys and index < len(order) and not isinstance(order[index], int):
            keys = [order[index]]
        return self._items.setdefault(keys[0] if keys else index, Item())

    def _understood(self, kind: str, event: dict[str, Any]) -> bool:
        """Take in an event; False when it has to be shown by itself."""
        if slot := DELTAS.get(kind):
            text = event.get("delta", event.get("command"))
            return isinstance(text, str) and self._streamed(slot, event, text, "append")
        if slot := DONES.get(kind):
            text = event.get(slot.final)
            return not isinstance(text, str) or self._streamed(slot, event, text, "finish")
        if kind in LIFECYCLE:
            self._lifecycle(kind, event)
            return True
        if kind == "error":
            self.errors.append(event)
            return True
        if kind in STEERING:
            self.steering.append((kind.rpartition(".")[2], event))
            return True
        return self._piece(kind, event)

    def _streamed(self, slot: Slot, event: dict[str, Any], text: str, how: str) -> bool:
        key = "audio" if slot.item == "audio" else None
        item = self._item(event, key)
        item.assume(slot.item)
        getattr(item, how)(slot.name, _index(event, slot.part), text)
        if event.get("logprobs") and isinstance(event["logprobs"], list):
            item.weigh(_index(event, slot.part), event["logprobs"], whole=how == "finish")
        return True

    def _lifecycle(self, kind: str, event: dict[str, Any]) -> None:
        if isinstance(event.get("response"), dict):
            self.response = event["response"]
        self.ended = self.ended or kind in ENDS

    def _piece(self, kind: str, event: dict[str, Any]) -> bool:
        """Take in an event that carries a part of an item, or all of it."""
        match kind.removeprefix("response."), event:
            case "output_item.added", {"item": dict(item)}:
                self._item(event, self._name(event, item)).begin({**item})
            case "output_item.done", {"item": dict(item)}:
                self._item(event, self._name(event, item, done=True)).done = item
            case "content_part.added" | "content_part.done", {"part": dict(part)}:
                self._part(event, "content_index", part, done=kind.endswith("done"))
            case "reasoning_summary_part.added" | "reasoning_summary_part.done", {"part": dict(part)}:
                self._part(event, "summary_index", {"type": "summary_text", **part}, done=kind.endswith("done"))
            case "output_text.annotation.added", _:
                self._item(event).assume("message")
                if event.get("annotation") is not None:
                    self._item(event).annotate(_index(event, "content_index"), event["annotation"])
            case "image_generation_call.partial_image", {"partial_image_b64": str(encoded)}:
                self._item(event).assume("image_generation_call")
                fields = {name: event[name] for name in _PAINTED if event.get(name) is not None}
                self._item(event).show_image(encoded, fields)
            case "shell_call_output_content.delta", {"delta": dict(delta)}:
                self._shell_output(event, delta)
            case "shell_call_output_content.done", {"output": output}:
                self._item(event).assume("shell_call_output")
                self._item(event).output(_index(event, "command_index"), output)
            case _:
                return False
        return True

    def _part(self, event: dict[str, Any], field: str, part: dict[str, Any], *, done: bool) -> None:
        item = self._item(event)
        item.assume("reasoning" if part.get("type") in ("reasoning_text", "summary_text") else "message")
        (item.finish_part if done else item.begin_part)(_index(event, field), part)

    def _shell_output(self, event: dict[str, Any], delta: dict[str, Any]) -> None:
        item = self._item(event)
        item.assume("shell_call_output")
        for name in ("stdout", "stderr"):
            if isinstance(delta.get(name), str):
                item.append(name, _index(event, "command_index"), delta[name])

    def _item(self, event: dict[str, Any], key: Any = None) -> Item:
        """Find the item that an event is about; some providers number nothing, then it is the latest one."""
        if key is None:
            key = self._known(_key(event, "output_index"), _key(event, "item_id"))
            key = self._latest if key is None else key
        self._latest = key
        return self._items.setdefault(key, Item())

    def _known(self, index: Any, name: Any) -> Any:
        """Give an item's key: its number, or the one that was told with its id before; None where neither is."""
        if index is None and name is None:
            return None
        key = self._ids.get(name, name) if index is None else index
        if name is not None:
            self._ids[name] = key
            self._named.add(key)
        return key

    def _name(self, event: dict[str, Any], item: dict[str, Any], *, done: bool = False) -> Any:
        """Name an item by its number, else by its id, else by its place."""
        index, name = _key(event, "output_index"), _key(item, "id")
        if index is None and name not in self._ids and done and self._is_latest(item):
            index = self._latest
        told = self._known(index, name)
        return f"item {len(self._items)}" if told is None else told

    def _is_latest(self, item: dict[str, Any]) -> bool:
        """Tell whether an item may be the one that came last, of which no event told an id."""
        latest = self._items.get(self._latest)
        if latest is None or latest.done is not None or self._latest in self._named:
            return False
        return latest.kind in (None, item.get("type"))


def _key(fields: dict[str, Any], name: str) -> int | str | None:
    value = fields.get(name)
    return value if isinstance(value, int | str) else None


def _index(event: dict[str, Any], field: str | None) -> int:
    index = event.get(field) if field else 0
    return index if isinstance(index, int) else 0
