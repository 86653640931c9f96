"""An answer put together from the lines of a stream, however far it came."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Answer, EventSource, StreamReader
from probe.renderers.blocks import Block, Settings, Unknown
from probe.renderers.ollama.answer import TEXTS, Made, answer_of, errors_in, made_in

_PROGRESS = ("created_at", "done", "completed")
"""Fields that say of each line how far the answer has come: the last one counts."""


class _StreamedPart:
    """One thing that the model makes, while its lines arrive."""

    def __init__(self, number: int, made: Made) -> None:
        self.first = self.last = number
        self.name, self.values = made.name, [made.value]

    def built(self) -> Made:
        """Return what has come of it."""
        value = "".join(self.values) if self.name in TEXTS else self.values[0]
        return Made(EventSource(self.first, self.last), self.name, value)


class OllamaStream(StreamReader):
    """Makes an answer of lines."""

    def __init__(self) -> None:
        self._parts: list[_StreamedPart] = []
        self._latest: _StreamedPart | None = None
        self._fields: dict[str, Any] = {}
        self._message: dict[str, Any] | None = None
        self._after: list[Block] = []
        self._ended = False
        self._known = False

    def add(self, number: int, name: str, event: Any) -> None:
        """Take one line."""
        self._reach(number - 1)
        if not isinstance(event, dict):
            self._after.append(Unknown(what="line", value=event))
        elif event.get("error"):
            self._after += errors_in(event, None)
            self._ended = self._known = True
        else:
            self._line(number, event)

    def answer(self, last: int) -> Answer:
        """Return the answer."""
        self._reach(last)
        fields = self._fields if self._message is None else {**self._fields, "message": self._message}
        made = [part.built() for part in self._parts]
        return answer_of(made, fields, self._after, ended=self._ended, known=self._known)

    def _line(self, number: int, event: dict[str, Any]) -> None:
        self._known = self._known or "done" in event
        self._ended = self._ended or event.get("done") is True
        made, others = made_in(event)
        for one in made:
            self._make(number, one)
        message = others.pop("message", None)
        if isinstance(message, dict):
            self._message = self._message or {}
            self._merge(self._message, message)
        elif message is not None:
            self._after.append(Unknown(what="message", value=message))
        self._merge(self._fields, others)

    def _make(self, number: int, made: Made) -> None:
        """Add what a line holds: a text goes on with that of the line before."""
        part = self._parts[-1] if self._parts else None
        if part is not None and made.name == part.name and made.name in TEXTS:
            part.values.append(made.value)
            part.last = number
        else:
            part = _StreamedPart(number, made)
            self._parts.append(part)
        self._latest = part

    def _reach(self, last: int) -> None:
        """Extend the latest part to the end of its line, which may be several that were joined."""
        if self._latest is not None:
            self._latest.last = last
            self._latest = None

    def _merge(self, fields: dict[str, Any], others: dict[str, Any]) -> None:
        """Take fields of the answer; one that is replaced by another is shown."""
        for name, value in others.items():
            before = fields.get(name)
            if name == "logprobs" and isinstance(before, list) and isinstance(value, list):
                value = before + value
            elif before not in (None, value) and not (name in _PROGRESS and type(before) is type(value)):
                self._after.append(Settings(pairs=((f"{name} at first", before),)))
            fields[name] = value
