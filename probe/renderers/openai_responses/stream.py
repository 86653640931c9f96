"""A streamed answer, put together from its events, however far it came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.api import Answer, EventSource, Part, StreamReader
from probe.renderers.blocks import Block, Conversation, Note, Text, Unknown
from probe.renderers.errors import failure
from probe.renderers.events import kind_of
from probe.renderers.fields import Fields
from probe.renderers.openai_responses.answer import answer_of
from probe.renderers.openai_responses.events import DELTAS, DONES, ENDS, LIFECYCLE, PAINTED, STEERING, Slot, unread
from probe.renderers.openai_responses.items import message, output_blocks
from probe.renderers.openai_responses.streamed_items import StreamedItems, index_of


class Reader(StreamReader):
    """Takes the events of one answer; WebSocket messages are the same events."""

    def __init__(self) -> None:
        self._items = StreamedItems()
        self._response: dict[str, Any] = {}
        """The answer's own fields, as the last event that has them says."""
        self._errors: list[dict[str, Any]] = []
        self._steering: list[tuple[str, dict[str, Any]]] = []
        """What became of what the client put in while the answer was made: accepted, pending or failed."""
        self._others: list[Block] = []
        """Events and members of events that are not understood."""
        self._known = False
        self._end: EventSource | None = None
        """The API's own end of the answer."""

    def add(self, number: int, name: str, event: Any) -> None:
        """Take one event."""
        self._items.begin_event(number)
        kind = kind_of(name, event)
        self._known = self._known or kind == "error" or kind.startswith("response.")
        if event == "[DONE]":
            return
        if not isinstance(event, dict) or not self._understood(number, kind, event):
            self._others.append(Unknown(what=f"event {kind!r}", value=event))
        elif kind != "error" and kind not in STEERING:
            self._others += [Unknown(what=f"field {name!r}", value=value) for name, value in unread(kind, event)]

    def answer(self, last: int) -> Answer:
        """Return the answer, however far it came."""
        self._items.begin_event(last + 1)
        ended = self._end is not None
        items = self._items.all(self._response.get("output") if ended else None, self._end)
        output = [item.built(ended=ended) for item in items]
        parts = []
        for item, built in zip(items, output, strict=True):
            blocks = (*output_blocks(built), *_contradictions(item.contradictions()))
            parts.append(Part(source=item.source, blocks=blocks))
        return answer_of(
            self._response,
            tuple(parts),
            output,
            [item.done or built for item, built in zip(items, output, strict=True) if item.done or ended],
            ended=ended or bool(self._errors),
            known=self._known,
            failed=bool(self._errors),
            more=self._more(),
        )

    def _more(self) -> Iterator[Block]:
        for step, event in self._steering:
            yield from _steering(step, event)
        for error in self._errors:
            yield from _error(error)
        output = self._response.get("output")
        if output is not None and not isinstance(output, list):
            yield Unknown(what="field 'output'", value=output)
        odd = [item for item in output if not isinstance(item, dict)] if isinstance(output, list) else []
        yield from (Unknown(what="item without a type", value=item) for item in odd)
        yield from self._others

    def _understood(self, number: int, kind: str, event: dict[str, Any]) -> bool:
        """Take in an event; False when it has to be shown by itself."""
        if slot := DELTAS.get(kind):
            text = event.get("delta", event.get("command"))
            return isinstance(text, str) and self._streamed(slot, event, text, whole=False)
        if slot := DONES.get(kind):
            text = event.get(slot.final)
            return text is None or (isinstance(text, str) and self._streamed(slot, event, text, whole=True))
        if kind in LIFECYCLE:
            return self._lifecycle(number, kind, event)
        if kind == "error":
            self._errors.append(event)
        elif kind in STEERING:
            self._steering.append((kind.rpartition(".")[2], event))
        else:
            return self._piece(kind, event)
        return True

    def _streamed(self, slot: Slot, event: dict[str, Any], text: str, *, whole: bool) -> bool:
        """Take in a piece of a text, or all of it."""
        item = self._items.of(event, "audio" if slot.item == "audio" else None)
        item.assume(slot.item)
        index, logprobs = index_of(event, slot.part), event.get("logprobs")
        (item.finish if whole else item.append)(slot.name, index, text)
        if whole and isinstance(event.get("name"), str):
            item.assume_name(event["name"])
        if logprobs:
            item.weigh(index, logprobs if isinstance(logprobs, list) else [logprobs], whole=whole)
        return True

    def _lifecycle(self, number: int, kind: str, event: dict[str, Any]) -> bool:
        if kind in ENDS:
            self._end = EventSource(number, number)
        response = event.get("response")
        if isinstance(response, dict):
            # What the last one leaves out stays as an earlier one said.
            self._response |= {name: value for name, value in response.items() if value is not None}
        if kind in ENDS:
            self._response.setdefault("status", kind.rpartition(".")[2])
        return response is None or isinstance(response, dict)

    def _piece(self, kind: str, event: dict[str, Any]) -> bool:
        """Take in an event that carries a part of an item, or all of it."""
        match kind.removeprefix("response."), event:
            case "output_item.added", {"item": dict(made)}:
                self._items.of_item(event, made).begin(made)
            case "output_item.done", {"item": dict(made)}:
                self._items.of_item(event, made, done=True).done = made
            case "content_part.added" | "content_part.done", {"part": dict(part)}:
                self._part(event, "content_index", part, done=kind.endswith("done"))
            case "reasoning_summary_part.added" | "reasoning_summary_part.done", {"part": dict(part)}:
                self._part(event, "summary_index", {"type": "summary_text", **part}, done=kind.endswith("done"))
                self._others += Fields(event).details("status")
            case "output_text.annotation.added", _:
                text = self._items.of(event, assumed="message")
                if event.get("annotation") is not None:
                    text.annotate(index_of(event, "content_index"), event["annotation"])
            case "image_generation_call.partial_image", {"partial_image_b64": str(encoded)}:
                about = {name: event[name] for name in PAINTED if event.get(name) is not None}
                self._items.of(event, assumed="image_generation_call").show_image(encoded, about)
            case "shell_call_output_content.delta", {"delta": dict(delta)}:
                return self._shell_output(event, delta)
            case "shell_call_output_content.done", {"output": output}:
                self._items.of(event, assumed="shell_call_output").output(index_of(event, "command_index"), output)
            case _:
                return False
        return True

    def _part(self, event: dict[str, Any], field: str, part: dict[str, Any], *, done: bool) -> None:
        kind = "reasoning" if part.get("type") in ("reasoning_text", "summary_text") else "message"
        item = self._items.of(event, assumed=kind)
        (item.finish_part if done else item.begin_part)(index_of(event, field), part)

    def _shell_output(self, event: dict[str, Any], delta: dict[str, Any]) -> bool:
        item = self._items.of(event, assumed="shell_call_output")
        read = {name: text for name in ("stdout", "stderr") if isinstance(text := delta.get(name), str)}
        for name, text in read.items():
            item.append(name, index_of(event, "command_index"), text)
        return delta.keys() == read.keys()


def _contradictions(found: list[tuple[str, str]]) -> Iterator[Block]:
    for name, text in found:
        yield Note(text=f"What was streamed of the {name} differs from what the end of the stream has.")
        yield Text(text=text, label="As streamed")


def _steering(step: str, event: dict[str, Any]) -> Iterator[Block]:
    """Yield what became of input that a client sent while the answer was made."""
    yield Note(text=f"Steering, {step}:")
    fields = Fields(event)
    steer = Fields(fields.object("steer"))
    if given := steer.list("input"):
        yield Conversation(title="Steering input", messages=tuple(map(message, given)))
    if error := fields.take("error"):
        yield failure(error)
    yield from steer.details("id", "input", "previous_response_id", "response_id", "status", "object", "type")
    yield from steer.unknown()
    yield from _rest_of_event(fields)


def _error(event: dict[str, Any]) -> Iterator[Block]:
    if not event.get("error"):
        yield failure(event)
        return
    fields = Fields(event)
    yield failure(fields.take("error"))
    yield from _rest_of_event(fields)


def _rest_of_event(fields: Fields) -> Iterator[Block]:
    fields.text("type")
    fields.text("stream_id")
    fields.number("sequence_number")
    yield from fields.details("status", "reason", "required_input", "headers")
    yield from fields.unknown()
