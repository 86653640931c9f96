"""An answer of Converse put together from the events of a stream, however far it came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.addon.aws_event_stream import Frame
from probe.renderers.api import Answer, EventSource, StreamReader
from probe.renderers.aws_frames import ERROR, PADDING, NamedText, damage, error_event
from probe.renderers.bedrock_converse.answer import MadePart, made
from probe.renderers.bedrock_converse.merging import INDEX
from probe.renderers.blocks import Block, Settings, Unknown
from probe.renderers.errors import error_blocks
from probe.renderers.json_reader import as_text, parsed

EVENTS = frozenset(
    {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}
)


def events_of(frame: Frame) -> Iterator[NamedText]:
    """Yield the event that a frame carries."""
    yield (frame.name, as_text(frame.payload)) if frame.kind == "event" else error_event(frame)


class _StreamedPart:
    """A content block while its events arrive."""

    def __init__(self, number: int) -> None:
        self.first = self.last = number
        self.value: dict[str, Any] = {}

    def begin(self, start: Any) -> bool:
        """Take the beginning of a tool call, the only one that has content; False for any other."""
        match start:
            case {"toolUse": dict(call)} if len(start) == 1 and not self.value and "input" not in call:
                self.value = {"toolUse": {**call, "input": ""}}
                return True
            case _:
                return start in (None, {})

    def extend(self, delta: Any) -> bool:
        """Take a delta; False when it is not understood."""
        match delta:
            case {"text": str(text)} if len(delta) == 1 and not self.value.keys() - {"text"}:
                self.value["text"] = self.value.get("text", "") + text
            case {"toolUse": {"input": str(text)} as inner} if len(delta) == len(inner) == 1:
                call = self.value.setdefault("toolUse", {"input": ""})
                if not isinstance(call["input"], str):
                    return False
                call["input"] += text
            case {"reasoningContent": dict(inner)} if len(delta) == 1 and _all_text(inner):
                begun = self.value.setdefault("reasoningContent", {})
                for name, value in inner.items():
                    place = begun if name == "redactedContent" else begun.setdefault("reasoningText", {})
                    place[name] = place.get(name, "") + value
            case _:
                return False
        return True

    def end(self) -> None:
        """Read the arguments of a tool call, which are whole now."""
        call = self.value.get("toolUse")
        if call and isinstance(call["input"], str):
            call["input"] = parsed(call["input"]) if call["input"] else {}


def _all_text(fields: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in fields.values())


class Reader(StreamReader):
    """What the events of one answer say together."""

    def __init__(self) -> None:
        self._body: dict[str, Any] = {}
        self._message: dict[str, Any] = {}
        self._parts: dict[Any, _StreamedPart] = {}
        self._latest: _StreamedPart | None = None
        self._after: list[Block] = []
        self._shown: dict[str, list[Any]] = {}
        self._ended = False
        self._known = False

    def add(self, number: int, name: str, event: Any) -> None:
        """Take one event."""
        self._reach(number - 1)
        if remark := damage(name, event):
            self._after.append(remark)
            return
        self._known = self._known or name in EVENTS or name == ERROR
        if isinstance(event, dict) and isinstance(event.get(PADDING), str):
            event = {field: value for field, value in event.items() if field != PADDING}
        if not self._understood(number, name, event):
            self._shown.setdefault(name, []).append(event)

    def answer(self, last: int) -> Answer:
        """Return the answer."""
        self._reach(last)
        unknown = (
            Unknown(what=f"event {name!r}", value=events[0] if len(events) == 1 else events)
            for name, events in self._shown.items()
        )
        parts = [
            MadePart(EventSource(part.first, part.last), part.value) for part in self._parts.values() if part.value
        ]
        after = (*self._after, *unknown)
        return made(self._body, self._message, parts, after=after, ended=self._ended, known=self._known)

    def _reach(self, last: int) -> None:
        """Extend the latest block to the end of its event, which may be several that were joined."""
        if self._latest is not None:
            self._latest.last = last
            self._latest = None

    def _understood(self, number: int, name: str, event: Any) -> bool:
        """Take in an event; False when it has to be shown by itself."""
        match name, event:
            case "error", dict():
                self._after += error_blocks(event, None)
                self._ended = True
            case "messageStart", dict():
                self._tell(self._message, event)
            case "messageStop" | "metadata", dict():
                self._ended = self._ended or name == "messageStop"
                self._tell(self._body, event)
            case _, {"contentBlockIndex": int(index)}:
                return self._of_a_part(number, name, index, event)
            case _:
                return False
        return True

    def _of_a_part(self, number: int, name: str, index: int, event: dict[str, Any]) -> bool:
        part = self._latest = self._parts.setdefault(index, _StreamedPart(number))
        match name:
            case "contentBlockStart":
                return part.begin(event.get("start")) and event.keys() <= {INDEX, "start"}
            case "contentBlockDelta":
                return part.extend(event.get("delta")) and event.keys() <= {INDEX, "delta"}
            case "contentBlockStop":
                part.end()
                return event.keys() == {INDEX}
            case _:
                return False

    def _tell(self, fields: dict[str, Any], event: dict[str, Any]) -> None:
        """Take fields of the answer; one that is replaced by another is shown."""
        replaced = tuple(
            (f"{name} at first", fields[name]) for name in event if fields.get(name) not in (None, event[name])
        )
        self._after += [Settings(pairs=replaced)] if replaced else []
        fields |= event
