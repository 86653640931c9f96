"""Put an answer together from the chunks of a stream, however far it came."""

from __future__ import annotations

from collections import Counter
from typing import Any

from probe.renderers.openai_chat_completions.choice import Choice
from probe.renderers.openai_chat_completions.pieces import Pieces

DONE = "[DONE]"
CHUNK = "chat.completion.chunk"
# Besides the choices: random characters that only hide how long a chunk is, and what is the same in every chunk.
_SAYS_NOTHING = ("choices", "error", "obfuscation", "object")


class Answer:
    """What the chunks of one answer tell together."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.errors: list[Any] = []
        self.shown: dict[str, list[Any]] = {}
        """Events to be shown each by itself, by type."""
        self.done = False
        """True once the API said so (`[DONE]`)."""
        self._fields = Pieces(())
        self._choices: dict[int, Choice] = {}

    def add(self, name: str, event: Any) -> None:
        """Take one event: its name in the stream, and its data."""
        kind = self._kind(name, event)
        self.counts[kind] += 1
        if event == DONE:
            self.done = True
        elif kind == "error":
            self.errors.append(event)
            if isinstance(event, dict) and event.get("error"):
                self._chunk(event)  # it may finish a choice too
        elif kind == CHUNK:
            self._chunk(event)
        else:
            self.shown.setdefault(kind, []).append(event)

    @property
    def known(self) -> bool:
        """Tell whether any event was one of this API's."""
        return any(kind in (CHUNK, DONE, "error") for kind in self.counts)

    def ended(self, wanted: int = 1) -> bool:
        """Tell whether the API came to its own end: it said so, failed, or finished each choice of those wanted."""
        finished = len(self._choices) >= max(wanted, 1) and all(choice.finished for choice in self._choices.values())
        return self.done or bool(self.errors) or finished

    def built(self) -> dict[str, Any]:
        """Give the answer in the shape of a whole one."""
        return self._fields.built()

    def choices(self) -> list[tuple[int, Choice]]:
        """Give the choices with their places."""
        return sorted(self._choices.items())

    @property
    def usage(self) -> Any:
        """Give what it took as told last: in the last chunk, or in each, so far."""
        groq = self._fields.last("x_groq")
        told = [self._fields.last("usage"), *(choice.usage for choice in self._choices.values())]
        told += [groq.get("usage")] if isinstance(groq, dict) else []
        return next((usage for usage in told if usage is not None), None)

    def _kind(self, name: str, event: Any) -> str:
        """Tell what kind of event it is; gateways send chunks without their type, and errors in many ways."""
        if event == DONE:
            return DONE
        fields = event if isinstance(event, dict) else {}
        if name == "error" or fields.get("error") or fields.get("object") == "error":
            return "error"
        if isinstance(fields.get("choices"), list) or fields.get("object") == CHUNK or "usage" in fields:
            return CHUNK
        return name

    def _chunk(self, event: dict[str, Any]) -> None:
        told = {name: value for name, value in event.items() if name not in _SAYS_NOTHING}
        if told.get("created") == 0:
            del told["created"]  # Azure's first chunk, which has no id and no model either
        self._fields.add(told)
        choices = event.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                index = choice.get("index")
                self._choices.setdefault(index if isinstance(index, int) else 0, Choice()).add(choice)
            else:
                self.shown.setdefault("choice", []).append(choice)
