"""Putting an answer together from the chunks of a stream, however far it came."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Answer, StreamReader
from probe.renderers.blocks import Block, Unknown
from probe.renderers.events import kind_of
from probe.renderers.openai_chat_completions.answer import MadeChoice, answer_of, error_event_blocks
from probe.renderers.openai_chat_completions.pieces import Pieces
from probe.renderers.openai_chat_completions.streamed_choice import Choice

_DONE = "[DONE]"
_CHUNK = "chat.completion.chunk"


class ChatStream(StreamReader):
    """What the chunks of one answer say together."""

    def __init__(self) -> None:
        self._known = False
        self._done = False
        self._errors: list[Any] = []
        self._odd: list[Block] = []
        self._usage: dict[str, Any] = {}
        """Some providers send it with each chunk, so far: the last of each number counts."""
        self._fields = Pieces(())
        self._choices: dict[int, Choice] = {}
        self._touched: list[Choice] = []

    def add(self, number: int, name: str, event: Any) -> None:
        """Add one event."""
        self._end_event(number - 1)
        if event == _DONE:
            self._done = self._known = True
            return
        fields = event if isinstance(event, dict) else {}
        is_error = name == "error" or bool(fields.get("error")) or fields.get("object") == "error"
        # Gateways send chunks without their type.
        is_chunk = isinstance(fields.get("choices"), list) or fields.get("object") == _CHUNK or "usage" in fields
        if is_error:
            self._errors.append(event)
        if is_chunk or fields.get("error"):
            self._chunk(number, fields, is_error=is_error)  # an error may finish a choice too
        elif not is_error:
            self._odd.append(Unknown(what=f"event {kind_of(name, event)!r}", value=event))
        self._known = self._known or is_error or is_chunk

    def answer(self, last: int) -> Answer:
        """Return the answer as far as it came."""
        self._end_event(last)
        choices = [self._made(index, choice) for index, choice in sorted(self._choices.items())]
        body = self._fields.built()
        usages = [self._usage, *(choice.usage for choice in self._choices.values())]
        body["usage"] = next((usage for usage in usages if usage), None)
        finished = bool(choices) and all(choice.finished for choice in self._choices.values())
        return answer_of(
            body,
            choices,
            after=[*(block for error in self._errors for block in error_event_blocks(error)), *self._odd],
            ended=self._done or bool(self._errors) or finished,
            known=self._known,
        )

    def _made(self, index: int, choice: Choice) -> MadeChoice:
        message, latest = choice.message()
        unfinished = None if choice.finished or self._done else latest
        odd = [Unknown(what=f"field {name!r}", value=value) for name, value in choice.odd]
        return MadeChoice(index, choice.fields(), message, choice.source, unfinished, odd)

    def _chunk(self, number: int, event: dict[str, Any], *, is_error: bool) -> None:
        fields = event.copy()
        if is_error:
            fields.pop("error", None)
        if isinstance(fields.get("obfuscation"), str):
            del fields["obfuscation"]  # random characters that only hide how long a chunk is
        if fields.get("created") == 0:
            del fields["created"]  # Azure's first chunk, which has no id and no model either
        choices = fields.pop("choices") if isinstance(fields.get("choices"), list) else ()
        if isinstance(fields.get("usage"), dict):
            self._usage.update(fields.pop("usage"))
        elif (usage := fields.pop("usage", None)) is not None:
            self._odd.append(Unknown(what="usage", value=usage))
        self._fields.add(fields)
        for value in choices:
            if not isinstance(value, dict):
                self._odd.append(Unknown(what="choice", value=value))
                continue
            index = value.get("index")
            choice = self._choices.setdefault(index if type(index) is int else 0, Choice())
            choice.add(number, value)
            self._touched.append(choice)

    def _end_event(self, last: int) -> None:
        for choice in self._touched:
            choice.end_event(last)
        self._touched.clear()
