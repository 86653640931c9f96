"""Finding what an API repeats of a request differently from how it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.api import Answer, Api, Kind
from probe.renderers.blocks import Block, Settings
from probe.trace.canonical import item_number
from probe.trace.turns import SentItems

_REMEMBERED = 64
"""Large values whose numbers are remembered: the same one is in every event of an answer that repeats the request."""


class Echoes:
    """Compares what answers repeat with the items of their requests."""

    def __init__(self) -> None:
        self._numbers: dict[int, tuple[Any, tuple[int, ...]]] = {}

    def differing(self, api: Api, answer: Answer, items: SentItems) -> Iterator[Block]:
        """Yield the repeated fields that are not as they were sent, or were not sent; empty ones say nothing."""
        lists: dict[str, list[int]] = {}
        kinds: dict[str, Kind] = {}
        for field, found in items:
            name = field.name or field.at.rpartition(".")[2]
            if name in answer.echo and found:
                lists.setdefault(name, []).extend(known.canonical for known in found)
                kinds[name] = field.kind
        sent = {name: tuple(numbers) for name, numbers in lists.items()}
        pairs = [
            (name, value)
            for name, value in answer.echo.items()
            if value not in (None, [], {}, "") and (name not in sent or sent[name] != self._of(api, kinds[name], value))
        ]
        if pairs:
            yield Settings(pairs=tuple(pairs))

    def _of(self, api: Api, kind: Kind, value: Any) -> tuple[int, ...]:
        """Return the numbers of a value as an item, or of its elements as items."""
        large = isinstance(value, list | dict | str) and len(value) > 0
        found = self._numbers.get(id(value)) if large else None
        if found is not None and found[0] is value:
            return found[1]
        listed = value if kind in (Kind.TOOL, Kind.MESSAGE) and isinstance(value, list) else [value]
        numbers = tuple(item_number(api, kind, one) for one in listed)
        if large:
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            self._numbers[id(value)] = (value, numbers)
        return numbers
