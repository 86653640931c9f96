"""Recorded answers to requests that are no calls of the model: lists of models, telemetry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from probe.record.exchange import UnreadExchange
from probe.renderers.json_reader import Json, parsed_json
from probe.renderers.urls import split_url
from probe.slots.slots import Slots


class SideRequests:
    """Found by method, path, query and body; of equal ones in their order, the last one repeatedly."""

    def __init__(self, exchanges: Sequence[UnreadExchange], slots: Callable[[], Slots]) -> None:
        """`slots` returns how bodies are compared, which is known better from the first call of the model on."""
        self._slots = slots
        self._at: dict[tuple[str, str], list[UnreadExchange]] = defaultdict(list)
        """By method and path with the query; by method and path alone under a path that ends with `?`."""
        for one in exchanges:
            url = one.request.url.partition("#")[0]
            path, query = split_url(url).path, url.partition("?")[2]
            self._at[one.request.method, f"{path}?{query}" if query else path].append(one)
            self._at[one.request.method, f"{path}?"].append(one)
        self._bodies: dict[tuple[Slots, int], Any] = {}
        self._given: set[int] = set()

    def find(self, method: str, target: str, body: bytes) -> UnreadExchange | None:
        """Return the recorded request that one with this path and query is; None where there is none."""
        path = target.partition("?")[0]
        found = self._at.get((method, target)) or self._at.get((method, f"{path}?"), [])
        if len(found) > 1 and body:
            slots = self._slots()
            value = slots.value(Json(body).value)
            found = [one for one in found if self._body(one, slots) == value] or found
        if not found:
            return None
        chosen = next((one for one in found if id(one) not in self._given), found[-1])
        self._given.add(id(chosen))
        return chosen

    def has(self, method: str, path: str) -> bool:
        """Check whether there is any such request, whatever its query and body."""
        return (method, f"{path}?") in self._at

    def _body(self, exchange: UnreadExchange, slots: Slots) -> Any:
        key = slots, id(exchange)
        if key not in self._bodies:
            value = Json(bytes(exchange.request.body)).value
            self._bodies[key] = slots.value(parsed_json(value) if isinstance(value, str) else value)
        return self._bodies[key]
