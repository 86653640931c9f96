"""A replay under way: the recording, the APIs that it speaks, and what was given out so far."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from probe.record.exchange import Exchange
from probe.renderers import Renderer
from probe.renderers.turn import Turn, path_of
from probe.replay.api import Api
from probe.replay.counts import Tally
from probe.replay.matching import Recording, Reply
from probe.replay.user_text import user_text

EXHAUSTED_STATUS = 400
"""The one status with which codex ends at once. After 404, 410 or 422 it asks 6 times (7 s), after a 500 or 503
30 times (25 s), over a WebSocket as often again (0.98.0 and 0.169.0, measured)."""


class Playback:
    """Gives out a recording's answers, and keeps the tally."""

    def __init__(self, exchanges: Sequence[Exchange], renderer: Renderer | ModuleType) -> None:
        self._renderer = renderer
        self.recording = Recording(exchanges, self._turns)
        self.tally = Tally()

    def api(self, path: str) -> Api:
        """Give the API that is spoken at a URL path."""
        return Api(self._renderer.module(path) if isinstance(self._renderer, Renderer) else self._renderer)

    def is_call(self, path: str) -> bool:
        """Tell whether a POST is a call of the model: the recording has such, or only a recorded answer would do."""
        return self.recording.count(path) > 0 or self.api(path).empty_answer("POST", path) is None

    def next_turn(self, path: str, request: Any) -> Reply | None:
        """Return the next answer to a call of the model, and note where the call asks something else."""
        reply = self.recording.next_turn(path)
        if reply:
            self.tally.served += 1
            self.tally.compare(user_text(request), user_text(reply.turn.request))
        return reply

    def warm_up(self, path: str) -> Reply | None:
        """Give the next recorded answer to a warm-up; None when there is no whole one left."""
        self.tally.warm_ups += 1
        reply = self.recording.next_warm_up(path)
        return reply if reply and reply.turn.complete else None

    def exhausted(self, method: str, path: str) -> str:
        """Count a call that the recording has no answer left for, and say so."""
        self.tally.exhausted += 1
        self.tally.note(method, path)
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
