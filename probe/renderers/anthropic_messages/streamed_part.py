"""A content block of an answer while its events arrive."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import EventSource
from probe.renderers.json_reader import parsed

# Type of delta, the type of block that it is for, and which of its fields goes into which of the block's.
_TEXTS = {
    "text_delta": ("text", {"text": "text"}),
    "input_json_delta": ("tool_use", {"partial_json": "input"}),
    "thinking_delta": ("thinking", {"thinking": "thinking"}),
    "signature_delta": ("thinking", {"signature": "signature"}),
    "compaction_delta": ("compaction", {"content": "content", "encrypted_content": "encrypted_content"}),
}
DELTAS = frozenset({*_TEXTS, "citations_delta"})


class StreamedPart:
    """A content block as far as it came."""

    def __init__(self, number: int, begun: dict[str, Any], *, stopped: bool = False) -> None:
        self.stopped = stopped
        self.first = self.last = number
        """Numbers of the first and the last event that it is made of."""
        self._begun = {**begun}
        self._texts: dict[str, list[str]] = {}
        self._citations: list[Any] = []
        self._estimated = 0

    @property
    def source(self) -> EventSource:
        """Return the events that it is made of."""
        return EventSource(self.first, self.last)

    def take(self, delta: dict[str, Any]) -> bool:
        """Take a delta; False when not all of it was understood."""
        kind = delta.get("type")
        if not isinstance(kind, str) or kind not in DELTAS:
            return False
        left = {name for name, value in delta.items() if name != "type" and value is not None}
        if kind == "citations_delta":
            self._begun = {"type": "text", "text": "", **self._begun}
            if "citation" in left:
                self._citations.append(delta["citation"])
                left.discard("citation")
        else:
            left -= self._take_texts(*_TEXTS[kind], delta)
        if kind == "thinking_delta" and type(delta.get("estimated_tokens")) is int:
            self._estimated += delta["estimated_tokens"]
            left.discard("estimated_tokens")
        return not left

    def _take_texts(self, kind: str, fields: dict[str, str], delta: dict[str, Any]) -> set[str]:
        self._begun.setdefault("type", kind)
        # A text goes on from a text, or replaces an empty beginning; anything else that is there must stay.
        taken = {
            source
            for source, field in fields.items()
            if isinstance(delta.get(source), str)
            and (isinstance(self._begun.get(field), str) or self._begun.get(field) in (None, {}, []))
        }
        for source in taken:
            self._texts.setdefault(fields[source], []).append(delta[source])
        return taken

    def built(self) -> dict[str, Any]:
        """Return the block as a whole answer would hold it, or as far as it came."""
        block = {**self._begun}
        for field, pieces in self._texts.items():
            begun, text = block.get(field), "".join(pieces)
            if field != "input":
                block[field] = (begun if isinstance(begun, str) else "") + text
            elif text:  # Nothing streamed leaves the input as the block began.
                block[field] = parsed((begun if isinstance(begun, str) else "") + text)
        if self._citations:
            begun = block.get("citations")
            if isinstance(begun, list) or not begun:
                block["citations"] = [*(begun or []), *self._citations]
        if self._estimated:
            block["estimated_tokens"] = self._estimated
        return block
