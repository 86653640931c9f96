"""Answers of InvokeModel in binary frames: each chunk carries an event of the model's own API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from probe.addon.aws_event_stream import Frame
from probe.renderers.anthropic_messages.stream import EVENTS
from probe.renderers.anthropic_messages.stream import Reader as MessagesReader
from probe.renderers.api import Answer
from probe.renderers.aws_frames import ERROR, PADDING, NamedText, damage, error_event
from probe.renderers.blocks import Block, Body
from probe.renderers.events import kind_of
from probe.renderers.json_reader import as_text, decoded_base64, parsed

CHUNK = "chunk"
_OF_A_MESSAGE = EVENTS - {ERROR, "ping"}


def events_of(frame: Frame) -> Iterator[NamedText]:
    """Yield the event that a frame carries, and what else is in the frame."""
    if frame.kind != "event":
        yield error_event(frame)
        return
    value = parsed(frame.payload)
    event = decoded_base64(value.get("bytes")) if frame.name == CHUNK and isinstance(value, dict) else None
    if event is None:
        yield frame.name, as_text(frame.payload)
        return
    yield CHUNK, as_text(event)
    if others := {name: inner for name, inner in value.items() if name not in ("bytes", PADDING)}:
        yield CHUNK, json.dumps(others)


class Reader(MessagesReader):
    """Reads a message of Anthropic's; the events of another maker's model are shown as they are."""

    def __init__(self) -> None:
        super().__init__()
        self._damage: list[Block] = []
        self._others: list[Any] = []
        """The events, as long as none of them belongs to a message."""
        self._message_began = False

    def add(self, number: int, name: str, event: Any) -> None:
        """Take one event."""
        if remark := damage(name, event):
            self._damage.append(remark)
            return
        kind = kind_of(name, event)
        self._message_began = self._message_began or kind in _OF_A_MESSAGE
        if not self._message_began and kind != ERROR:
            self._others.append(event)
        super().add(number, name, event)

    def answer(self, last: int) -> Answer:
        """Return the answer."""
        answer = super().answer(last)
        if not self._message_began:
            # What only an error makes known.
            shown = [Body(value=self._others, folded=False)] if self._others else []
            answer = replace(answer, before=tuple(shown), after=tuple(self._errors))
        return replace(answer, after=(*answer.after, *self._damage))
