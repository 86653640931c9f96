"""A replay under way: the recording, the APIs that it speaks, and what was given out so far."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from probe.record.exchange import Exchange
from probe.renderers import Renderer
from probe.renderers.turn import Turn, path_of
from probe.replay.api import Api
from probe.replay.matching import Recording, Reply

EXHAUSTED_STATUS = 400
"""The one status with which codex ends at once. After 404, 410 or 422 it asks 6 times (7 s), after a 500 or 503
30 times (25 s), over a WebSocket as often again (0.98.0 and 0.169.0, measured)."""


class Playback:
    """Gives out a recording's answers, and counts the calls that it has none for."""

    def __init__(self, exchanges: Sequence[Exchange], renderer: Renderer | ModuleType) -> None:
        self._renderer = renderer
        self.recording = Recording(exchanges, self._turns)
        self._exhausted = 0

    def api(self, path: str) -> Api:
        """Give the API that is spoken at a URL path."""
        return Api(self._renderer.module(path) if isinstance(self._renderer, Renderer) else self._renderer)

    def is_call(self, path: str) -> bool:
        """Tell whether a POST is a call of the model: the recording has such, or only a recorded answer would do."""
        return self.recording.count(path) > 0 or self.api(path).empty_answer("POST", path) is None

    def next_turn(self, path: str) -> Reply | None:
        """Give the next answer to a call of the model; None when all were given."""
        return self.recording.next_turn(path)

    def warm_up(self, path: str) -> Reply | None:
        """Give the next recorded answer to a warm-up; None when there is no whole one left."""
        reply = self.recording.next_warm_up(path)
        return reply if reply and reply.turn.complete else None

    @property
    def problems(self) -> list[str]:
        """Return what went wrong; empty when the recording had all that the agent asked for."""
        if not self._exhausted:
            return []
        times = "once" if self._exhausted == 1 else f"{self._exhausted} times"
        return [f"the agent asked {times} for an answer that the recording does not have"]

    def exhausted(self, path: str) -> str:
        """Count a call that the recording has no answer left for, and say so."""
        self._exhausted += 1
        count = self.recording.count(path)
        if not count:
            return f"probe replay: the recording has no answers to {path}"
        return (
            f"probe replay: the recording has {count} answer{'s' * (count > 1)} to {path} and all were given; "
            "this run of the agent asks for more than the recorded one did"
        )

    def _turns(self, exchange: Exchange) -> Sequence[Turn]:
        path = path_of(exchange.request.url)
        if isinstance(self._renderer, Renderer) and not self._renderer.knows(path):
            return []  # where the APIs are told by path, what goes elsewhere is no call of a model
        return self.api(path).turns(exchange)
