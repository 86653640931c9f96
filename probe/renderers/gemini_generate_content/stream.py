"""Reading a streamed answer, piece by piece."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Answer, EventSource, StreamReader
from probe.renderers.blocks import Block, Unknown
from probe.renderers.gemini_generate_content.answer import answer_of
from probe.renderers.gemini_generate_content.made_answer import MadeAnswer


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
