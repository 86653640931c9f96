"""A replay under way: the recording, the APIs that it speaks, and what was served so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from probe.record.exchange import UnreadExchange
from probe.renderers.api import Api
from probe.renderers.json_reader import Json
from probe.renderers.loader import Renderer
from probe.renderers.urls import split_url
from probe.replay.fault_endings import is_ended
from probe.replay.faults import Fault, FaultPlan
from probe.replay.matching import RecordedRun
from probe.replay.recorded_turn import RecordedTurn, recorded_turns
from probe.replay.sending import Pace
from probe.replay.timed_answer import TimedAnswer
from probe.replay.user_text import TextComparison, user_text
from probe.trace.exchanges import ExchangeReader

EXHAUSTED_STATUS = 400
"""The one status with which codex ends at once. After 404, 410 or 422 it tries 6 times (7 s), after a 500 or 503
30 times (25 s), over a WebSocket as often again (0.98.0 and 0.169.0, measured)."""


class Playback:
    """Serves a recording's answers, and counts the calls that it has none for."""

    def __init__(
        self, exchanges: Iterable[UnreadExchange], renderer: Renderer, *, speed: float, faults: Sequence[Fault] = ()
    ) -> None:
        self._renderer = renderer
        self.speed = speed
        self.recording = RecordedRun(self._turns(exchanges))
        self._faults = FaultPlan(faults, speed)
        self._exhausted = 0
        self._texts = TextComparison()

    def api(self, path: str) -> Api:
        """Return the API at a URL path."""
        return self._renderer.api(path)

    def is_call(self, path: str) -> bool:
        """Check whether a POST is a call of the model: the recording has one, or only a recorded answer would fit."""
        return self.recording.count(path) > 0 or self.api(path).side_answer("POST", path) is None

    def called(self, path: str, text: str) -> bool | None:
        """Check whether a WebSocket message calls the model; None where it only warms up."""
        api, message = self.api(path), Json(text.encode("utf-8", "surrogatepass"))
        if not api.begins_call(message):
            return False
        return None if api.asked(path, message).no_answer else True

    def next_turn(self, path: str, request: Any) -> RecordedTurn | None:
        """Return the next answer to a call of the model, and note when the user's text differs."""
        turn = self.recording.next_turn(path)
        if turn:
            self._texts.compare(user_text(request), user_text(turn.request.value))
        return turn

    @property
    def notes(self) -> list[str]:
        """Return how the agent's requests differed from the recording."""
        return [*self._faults.notes, *self._texts.notes]

    def with_faults(self, path: str, turn: RecordedTurn, answer: TimedAnswer, pace: Pace) -> tuple[TimedAnswer, Pace]:
        """Return an answer with the faults that hit this call, and its pace.

        What comes without its end is not used up: the agent asks for it again.
        """
        answer, hit = self._faults.applied(answer, self.api(path))
        if not hit:
            return answer, pace
        turn.given = is_ended(answer, self.api(path))
        return answer, pace.unscaled()

    def warm_up(self, path: str) -> RecordedTurn | None:
        """Return the next recorded answer to a warm-up; None when no complete one is left."""
        turn = self.recording.next_warm_up(path)
        return turn if turn and turn.complete else None

    @property
    def problems(self) -> list[str]:
        """Return what went wrong; empty when the recording had all that the agent asked for."""
        if not self._exhausted:
            return []
        times = "once" if self._exhausted == 1 else f"{self._exhausted} times"
        return [f"the agent asked {times} for an answer that the recording does not have"]

    def exhausted(self, path: str) -> str:
        """Count a call that the recording has no answer left for, and return the message for the agent."""
        self._exhausted += 1
        count = self.recording.count(path)
        if not count:
            return f"probe replay: the recording has no answers to {path}"
        return (
            f"probe replay: the recording has {count} answer{'s' * (count > 1)} to {path} and all were given; "
            "this run of the agent asks for more than the recorded one did"
        )

    def _turns(self, exchanges: Iterable[UnreadExchange]) -> Iterator[tuple[UnreadExchange, list[RecordedTurn]]]:
        reader = ExchangeReader(self._renderer, structured=False)
        for exchange in exchanges:
            path = split_url(exchange.request.url).path
            api = self.api(path)
            # Where APIs are known by path, a request to another path is not a call of a model.
            posts = self._renderer.knows(path) and (api.every_post or api.is_call("POST", path))
            yield exchange, recorded_turns(reader.read(exchange), path, posts=posts)
