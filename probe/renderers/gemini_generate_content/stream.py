"""Reading a streamed answer, piece by piece."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Answer, EventSource, StreamReader
from probe.renderers.blocks import Block, Unknown
from probe.renderers.gemini_generate_content.answer import answer_of
from probe.renderers.gemini_generate_content.made_answer import MadeAnswer
from probe.renderers.gemini_generate_content.names import spelled, unwrapped_answer
from probe.renderers.parts import listed

_SIGNS = ("thought", "thoughtSignature")


def has_content(event: dict[str, Any]) -> bool:
    """Check whether a piece has content: some have but an empty text, or what signs a thought."""
    candidates = listed(unwrapped_answer(event)[0].get("candidates"))
    contents = [one.get("content") for one in candidates if isinstance(one, dict)]
    parts = [part for one in contents if isinstance(one, dict) for part in listed(one.get("parts"))]
    return any(value for part in parts for name, value in spelled(part).items() if name not in _SIGNS)


class GeminiStream(StreamReader):
    """What the pieces of one answer say together."""

    def __init__(self) -> None:
        self._made = MadeAnswer()
        self._known = False
        self._odd: list[Block] = []

    def add(self, number: int, name: str, event: Any) -> None:
        """Add one piece; what is outside of the events may be a list of them."""
        for piece in event if isinstance(event, list) and event else [event]:
            if self._made.add(piece, EventSource(number, number)):
                self._known = True
            elif piece not in ("", "[DONE]", {}):
                self._odd.append(Unknown(what="piece of the answer", value=piece))

    def answer(self, last: int) -> Answer:
        """Return the answer as far as it came."""
        return answer_of(self._made, after=self._odd, ended=self._made.ended, known=self._known)
