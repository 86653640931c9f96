"""Whether a call asks for a stream or for a whole answer, and whether a recorded answer comes in that form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.renderers.api import Api, ItemField, Kind
from probe.renderers.json_reader import Json
from probe.replay.answer_events import is_streamed
from probe.replay.recorded_turn import RecordedTurn
from probe.replay.timed_answer import timed_answer

if TYPE_CHECKING:
    from probe.replay.evidence import Sent

_STREAM = "stream"


def asks_for_stream(api: Api, body: Json) -> bool:
    """Check whether a call asks for its answer as a stream."""
    asked = body.get(_STREAM)
    return api.streams_by_default if asked is None else asked is True


def is_default(api: Api, field: ItemField) -> bool:
    """Check whether a field asks for the form that the API answers in without it: then it makes no difference."""
    return field.kind is Kind.SETTING and field.name == _STREAM and field.json.value in (None, api.streams_by_default)


def other_form(recorded: Sent, live: Sent, turn: RecordedTurn) -> str | None:
    """Return why a recorded answer cannot be read by a call that asks for the other form; None where it can."""
    if recorded.websocket or live.websocket or turn.status_code != 200:
        return None
    wanted = live.key.streamed
    if wanted == recorded.key.streamed or wanted == is_streamed(timed_answer(turn)):
        return None
    asks, has = ("a stream", "an unstreamed") if wanted else ("an unstreamed answer", "a streamed")
    return f"asks for {asks}: the recording has only {has} answer to this call"
