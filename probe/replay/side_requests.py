"""Recorded answers to requests that are no calls of the model: lists of models, telemetry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from probe.record.exchange import UnreadExchange
from probe.renderers.json_reader import Json, parsed_json
from probe.renderers.urls import split_url


class SideRequests:
    """Found by method, path, query and body; of equal ones in their order, the last one repeatedly."""

    def __init__(self, exchanges: Sequence[UnreadExchange], normal: Callable[[Any], Any]) -> None:
        """`normal` returns a body as it is compared."""
        self._exchanges = exchanges
        self._normal = normal
        self._given: set[int] = set()

    def find(self, method: str, target: str, body: bytes) -> UnreadExchange | None:
        """Return the recorded request that one with this path and query is; None where there is none."""
        same = [one for one in self._exchanges if one.request.method == method and _target(one) == target]
        path = target.partition("?")[0]
        found = same or [one for one in self._exchanges if one.request.method == method and _path(one) == path]
        if len(found) > 1 and body:
            value = self._normal(Json(body).value)
            found = [one for one in found if self._normal(_body(one)) == value] or found
        if not found:
            return None
        chosen = next((one for one in found if id(one) not in self._given), found[-1])
        self._given.add(id(chosen))
        return chosen


def _body(exchange: UnreadExchange) -> Any:
    value = Json(bytes(exchange.request.body)).value
    return parsed_json(value) if isinstance(value, str) else value


def _path(exchange: UnreadExchange) -> str:
    return split_url(exchange.request.url).path


def _target(exchange: UnreadExchange) -> str:
    query = exchange.request.url.partition("#")[0].partition("?")[2]
    return f"{_path(exchange)}?{query}" if query else _path(exchange)
