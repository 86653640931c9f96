"""A replay under way: the recording, the APIs that it speaks, and what was served so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from probe.record.exchange import UnreadExchange
from probe.renderers.api import Api
from probe.renderers.json_reader import Json
from probe.renderers.loader import Renderer
from probe.renderers.urls import split_url
from probe.replay.answer_form import other_form
from probe.replay.call_keys import endpoint
from probe.replay.evidence import differences_of
from probe.replay.fault_endings import is_ended
from probe.replay.faults import Fault, FaultPlan
from probe.replay.matching import Found
from probe.replay.misses import Misses
from probe.replay.recorded_calls import NewItems, RecordedCalls
from probe.replay.recorded_turn import RecordedTurn, recorded_turns
from probe.replay.sending import Pace
from probe.replay.side_requests import SideRequests
from probe.replay.surroundings import derived, joint_slots
from probe.replay.timed_answer import TimedAnswer
from probe.replay.unknown_endpoints import Unrecorded, looks_like_call
from probe.slots.environment import NOWHERE, Environment
from probe.slots.rules import BUILT_IN, Rule
from probe.slots.slots import Slots
from probe.trace.exchanges import ExchangeReader

NO_BODY = "cannot be answered: the recording has no body of the request, as files of some programs have none"
"""Why a call gets no answer where nothing is known of what the recorded one asked."""
EXHAUSTED_STATUS = 400
"""The one status with which codex ends at once. After 404, 410 or 422 it tries 6 times (7 s), after a 500 or 503
30 times (25 s), over a WebSocket as often again (0.98.0 and 0.169.0, measured)."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is served."""

    speed: float = math.inf
    """How many times faster than recorded the answers come; infinite without any pause."""
    strict: bool = False
    """Whether a call that differs gets no answer, and the first one ends the replay."""
    strict_by: str = "--strict"
    """What messages call the option."""
    faults: tuple[Fault, ...] = ()
    asker: str = "the agent"
    """What messages call the client."""
    recorded: Environment = NOWHERE
    live: Callable[[], Environment] | None = None
    """Returns what surrounds the agent when it asks for the first time; without it that is found in what it asks."""
    rules: tuple[Rule, ...] = BUILT_IN
    on_miss: Callable[[str], None] = lambda text: None
    """Gets the first miss of a strict replay."""
    on_request: Callable[[str, str, bytes], None] = lambda method, path, body: None
    """Gets each request's method, path with query, and body; a WebSocket message's method is MESSAGE."""


class Playback:
    """Serves a recording's answers, and counts the calls that it has none for."""

    def __init__(self, exchanges: Iterable[UnreadExchange], renderer: Renderer, conditions: Conditions) -> None:
        self.conditions = conditions
        self.faults = FaultPlan(conditions.faults, conditions.speed)
        self.misses = Misses(
            strict=conditions.strict_by if conditions.strict else None,
            on_miss=conditions.on_miss,
            asker=conditions.asker,
        )
        self._renderer = renderer
        self._turns: list[RecordedTurn] = []
        self._new: list[NewItems] = []
        self._websockets: list[UnreadExchange] = []
        sides = self._read(exchanges)
        self._turns.sort(key=lambda turn: turn.started)
        self._endpoints = {endpoint(turn.path) for turn in self._turns}
        self._sides = SideRequests(sides, lambda: self._slots(b""))
        self._joint: Slots | None = None
        self._calls: RecordedCalls | None = None
        self.unrecorded = Unrecorded()
        self.asked = 0
        """Calls of the model so far."""

    def api(self, path: str) -> Api:
        """Return the API at a URL path."""
        return self._renderer.api(path)

    def is_call(self, path: str, body: bytes) -> bool:
        """Check whether a POST is a call of the model: the recording has one, or only a recorded answer would fit."""
        if endpoint(path) in self._endpoints or self.api(path).side_answer("POST", path) is None:
            return True
        return not self._sides.has("POST", path) and looks_like_call(path, body, self._endpoints)

    def called(self, path: str, text: str) -> bool | None:
        """Check whether a WebSocket message calls the model; None where it only warms up."""
        api, message = self.api(path), Json(text.encode("utf-8", "surrogatepass"))
        if not api.begins_call(message):
            return False
        return None if api.asked(path, message).no_answer else True

    def call(self, path: str, body: bytes, *, websocket: bool = False) -> RecordedTurn | str:
        """Return the recorded answer to a call of the model, or why there is none."""
        self.asked += 1
        number = self.asked
        if not (websocket or self.api(path).every_post or self._is_readable(path, body)):
            return self.misses.other_form(number, f"to {path} has a body that is no JSON object")
        calls = self._begun(body)
        live, match = calls.find(self.api(path), path, Json(body), websocket=websocket)
        if match.found is Found.UNKNOWN:
            self.unrecorded.refused(path)
        if match.call is None:
            return self.misses.missing(number, match, path, calls.matching.count(path))
        recorded = calls.sent(match.call)
        if match.found is Found.UNLIKE and recorded.body.value is None:
            calls.matching.take_back(match.call)
            return self.misses.other_form(number, NO_BODY)
        if match.found is not Found.UNLIKE and (why := other_form(recorded, live, self._turns[match.call])):
            calls.matching.damaged(match.call, ended=False)
            return self.misses.other_form(number, why)
        if match.found is not Found.SAME or live.key.sent != recorded.key.sent:
            found = differences_of(calls.hashes, recorded, live, after_fault=bool(self.faults.hits))
            if refused := self.misses.differs(number, match, found):
                calls.matching.take_back(match.call)
                return refused
        return self._turns[match.call]

    def with_faults(self, turn: RecordedTurn, answer: TimedAnswer, pace: Pace) -> tuple[TimedAnswer, Pace]:
        """Return the answer to the last call with the faults that hit it, and its pace.

        It is not used up: the agent may ask for it again, whether its end came or not.
        """
        faulty, hit = self.faults.applied(answer, turn.api, self.asked)
        if not hit:
            return answer, pace
        if self._calls:
            number = next(number for number, one in enumerate(self._turns) if one is turn)
            self._calls.matching.damaged(number, ended=is_ended(faulty, turn.api))
        return faulty, pace.unscaled()

    def warm_up(self, path: str, body: bytes) -> RecordedTurn | None:
        """Return the recorded answer to a warm-up; None when no complete one is left."""
        calls = self._begun(body)
        _, match = calls.find(self.api(path), path, Json(body), websocket=True)
        turn = None if match.call is None else self._turns[match.call]
        return turn if turn and turn.complete else None

    def side(self, method: str, target: str, body: bytes) -> UnreadExchange | None:
        """Return the recorded request that a side request is; None where there is none."""
        return self._sides.find(method, target, body)

    def has_websocket(self, path: str) -> bool:
        """Check whether any call to an endpoint went over a WebSocket."""
        return any(turn.websocket and endpoint(turn.path) == endpoint(path) for turn in self._turns)

    def next_websocket(self, path: str) -> UnreadExchange | None:
        """Return the recorded conversation that a new one is the repetition of: in order, the last one repeatedly."""
        found = [one for one in self._websockets if endpoint(_path(one)) == endpoint(path)]
        if len(found) > 1:
            self._websockets.remove(found[0])
        return found[0] if found else None

    @property
    def recorded(self) -> list[Any]:
        """Return the recorded calls of the model, without the type of a message that a WebSocket has around them."""
        calls = [turn.request.value for turn in self._turns if not turn.warm_up]
        return [
            {name: value for name, value in call.items() if name != "type"}
            if isinstance(call, dict) and call.get("type") == "response.create"
            else call
            for call in calls
        ]

    @property
    def unasked(self) -> list[RecordedTurn]:
        """Return the calls of the recording that the agent did not make."""
        if self._calls:
            return [self._turns[number] for number in self._calls.matching.left()]
        return [turn for turn in self._turns if not turn.warm_up]

    def _is_readable(self, path: str, body: bytes) -> bool:
        """Check whether a call's body is a JSON object, or the recording has calls there that are none either."""

        def is_object(json: Json) -> bool:
            # The whole value is only read where there are no members.
            return bool(json.members) or isinstance(json.value, dict)

        here = (turn for turn in self._turns if endpoint(turn.path) == endpoint(path))
        return is_object(Json(body)) or any(not is_object(turn.request) for turn in here)

    def _begun(self, first: bytes) -> RecordedCalls:
        """Return the calls of the recording, which are compared from the first call on."""
        if self._calls is None:
            self._calls = RecordedCalls(self._turns, self._new, self._slots(first))
            self._new = []
        return self._calls

    def _slots(self, first: bytes) -> Slots:
        if self._joint is None or (first and not self._calls):
            recorded, rules = self.conditions.recorded, self.conditions.rules
            raw = self._turns[0].request.raw if self._turns else b""
            texts = (one.decode("utf-8", "replace") for one in (raw, first))
            live = self.conditions.live() if self.conditions.live else derived(recorded, *texts)
            self._joint = joint_slots(recorded, live, rules)
        return self._joint

    def _read(self, exchanges: Iterable[UnreadExchange]) -> list[UnreadExchange]:
        """Read the recording; return the side requests."""
        reader, sides = ExchangeReader(self._renderer, structured=False), []
        for exchange in sorted(exchanges, key=lambda one: one.timestamp):
            path = _path(exchange)
            # Where APIs are known by path, a request to another path is not a call of a model.
            posts = self._renderer.knows(path) and (self.api(path).every_post or self.api(path).is_call("POST", path))
            traced = reader.read(exchange)
            turns = recorded_turns(traced, path, posts=posts)
            new = [msgspec.structs.replace(one, raw=b"", blocks=()) for one in reader.items.take_new()]
            self._new.append(NewItems(traced.api, new))
            self._turns += turns
            if exchange.websocket:
                self._websockets.append(exchange)
            elif not turns and exchange.response:
                sides.append(exchange)
        return sides


def _path(exchange: UnreadExchange) -> str:
    return split_url(exchange.request.url).path
