"""The answers of a recorded run, given out in their order by endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probe.record.exchange import Exchange
from probe.renderers.turn import Turn, path_of


@dataclass(slots=True, kw_only=True)
class Reply:
    """One recorded answer to a call of the model; given once."""

    exchange: Exchange
    turn: Turn
    given: bool = False


class Recording:
    """A recorded run as a replay sees it: calls of the model, warm-ups, and side requests."""

    def __init__(self, exchanges: Sequence[Exchange], find_turns: Callable[[Exchange], Sequence[Turn]]) -> None:
        replies: list[Reply] = []
        self._sides: list[Exchange] = []
        for exchange in sorted(exchanges, key=lambda exchange: exchange.timestamp):
            calls = find_turns(exchange)
            replies += [Reply(exchange=exchange, turn=turn) for turn in calls]
            if not calls and exchange.response and not exchange.websocket:
                self._sides.append(exchange)
        # Several conversations may have run side by side: what counts is when each call was made.
        replies.sort(key=lambda reply: reply.turn.started)
        self._turns = [reply for reply in replies if not reply.turn.warm_up]
        self._warm_ups = [reply for reply in replies if reply.turn.warm_up]
        self._sides_given: dict[tuple[str, str], int] = {}

    def count(self, path: str) -> int:
        """Count the turns recorded for an endpoint, given or not."""
        return len(_matching(self._turns, path))

    def left(self) -> int:
        """Count the turns that nobody has asked for yet."""
        return sum(not reply.given for reply in self._turns)

    def has_websocket(self, path: str) -> bool:
        """Tell whether any call to an endpoint went over a WebSocket."""
        return any(reply.turn.websocket for reply in _matching(self._turns + self._warm_ups, path))

    def next_turn(self, path: str) -> Reply | None:
        """Give the next turn of an endpoint; None when all were given."""
        return _next(_matching(self._turns, path))

    def next_warm_up(self, path: str) -> Reply | None:
        """Give the next answer to a warm-up; None when all were given."""
        return _next(_matching(self._warm_ups, path))

    def side(self, method: str, target: str) -> Exchange | None:
        """Give the recorded answer to a side request: in order, the last one again and again."""
        same = [one for one in self._sides if _target(one) == target and one.request.method == method]
        path = target.partition("?")[0]
        found = same or [one for one in self._sides if _path(one) == path and one.request.method == method]
        if not found:
            return None
        key = (method, target if same else path)
        number = self._sides_given.get(key, 0)
        self._sides_given[key] = number + 1
        return found[min(number, len(found) - 1)]


def _matching(replies: Sequence[Reply], path: str) -> list[Reply]:
    """Find an endpoint's replies; another prefix (`/v1`, `/backend-api/codex`) names the same endpoint."""
    exact = [reply for reply in replies if reply.turn.path.rstrip("/") == path.rstrip("/")]
    return exact or [reply for reply in replies if _name(reply.turn.path) == _name(path)]


def _next(replies: Sequence[Reply]) -> Reply | None:
    reply = next((reply for reply in replies if not reply.given), None)
    if reply:
        reply.given = True
    return reply


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _path(exchange: Exchange) -> str:
    return path_of(exchange.request.url) or "/"


def _target(exchange: Exchange) -> str:
    query = exchange.request.url.partition("#")[0].partition("?")[2]
    return f"{_path(exchange)}?{query}" if query else _path(exchange)
