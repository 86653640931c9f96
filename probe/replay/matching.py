"""The answers of a recorded run, served in order by endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probe.record.exchange import UnreadExchange
from probe.renderers.urls import split_url
from probe.replay.recorded_turn import RecordedTurn


class RecordedRun:
    """A recorded run as a replay sees it: calls of the model, warm-ups, and side requests."""

    def __init__(self, exchanges: Iterable[tuple[UnreadExchange, Sequence[RecordedTurn]]]) -> None:
        found: list[RecordedTurn] = []
        self._sides: list[UnreadExchange] = []
        self._websockets: list[UnreadExchange] = []
        for exchange, calls in sorted(exchanges, key=lambda pair: pair[0].timestamp):
            found += calls
            if exchange.websocket:
                self._websockets.append(exchange)
            if not calls and exchange.response and not exchange.websocket:
                self._sides.append(exchange)
        # Several conversations may have run in parallel: calls are sorted by their time.
        found.sort(key=lambda turn: turn.started)
        self._turns = [turn for turn in found if not turn.warm_up]
        self._warm_ups = [turn for turn in found if turn.warm_up]
        self._sides_given: dict[tuple[str, str], int] = {}

    def count(self, path: str) -> int:
        """Count the turns recorded for an endpoint, given or not."""
        return len(_matching(self._turns, path))

    def left(self) -> int:
        """Count the turns that were not requested yet."""
        return sum(not turn.given for turn in self._turns)

    def has_websocket(self, path: str) -> bool:
        """Check whether any call to an endpoint went over a WebSocket."""
        return any(turn.websocket for turn in _matching(self._turns + self._warm_ups, path))

    def next_websocket(self, path: str) -> UnreadExchange | None:
        """Return the recorded conversation that a new one is the repetition of: in order, the last one repeatedly."""
        found = [one for one in self._websockets if _name(_path(one)) == _name(path)]
        if len(found) > 1:
            self._websockets.remove(found[0])
        return found[0] if found else None

    def next_turn(self, path: str) -> RecordedTurn | None:
        """Return the next turn of an endpoint; None when all were given."""
        return _next(_matching(self._turns, path))

    def next_warm_up(self, path: str) -> RecordedTurn | None:
        """Return the next answer to a warm-up; None when all were given."""
        return _next(_matching(self._warm_ups, path))

    def side(self, method: str, target: str) -> UnreadExchange | None:
        """Return the recorded answer to a side request: in order, the last one repeatedly."""
        same = [one for one in self._sides if _target(one) == target and one.request.method == method]
        path = target.partition("?")[0]
        found = same or [one for one in self._sides if _path(one) == path and one.request.method == method]
        if not found:
            return None
        key = (method, target if same else path)
        number = self._sides_given.get(key, 0)
        self._sides_given[key] = number + 1
        return found[min(number, len(found) - 1)]


def _matching(turns: Sequence[RecordedTurn], path: str) -> list[RecordedTurn]:
    """Return an endpoint's turns; another prefix (`/v1`, `/backend-api/codex`) names the same endpoint."""
    exact = [turn for turn in turns if turn.path.rstrip("/") == path.rstrip("/")]
    return exact or [turn for turn in turns if _name(turn.path) == _name(path)]


def _next(turns: Sequence[RecordedTurn]) -> RecordedTurn | None:
    turn = next((turn for turn in turns if not turn.given), None)
    if turn:
        turn.given = True
    return turn


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _path(exchange: UnreadExchange) -> str:
    return split_url(exchange.request.url).path


def _target(exchange: UnreadExchange) -> str:
    query = exchange.request.url.partition("#")[0].partition("?")[2]
    return f"{_path(exchange)}?{query}" if query else _path(exchange)
