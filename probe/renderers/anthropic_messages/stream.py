"""Put a message together from the events of a stream, however far it came."""

from __future__ import annotations

from collections import Counter
from typing import Any

from probe.renderers.bodies import parsed_event

ENDS = frozenset({"message_stop", "error"})
"""The events by which the API itself ends an answer."""
EVENTS = frozenset(
    {
        *ENDS,
        "message_start",
        "message_delta",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "ping",
    }
)
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
    """A content block of the answer while its events arrive."""

    def __init__(self, begun: dict[str, Any]) -> None:
        self.stopped = False
        self._begun = begun
        self._texts: dict[str, list[str]] = {}
        self._citations: list[Any] = []
        self._estimated = 0

    def take(self, delta: dict[str, Any]) -> bool:
        """Take a delta; False when not all of it was understood."""
        told = delta.get("type")
        kind = told if isinstance(told, str) else ""
        left = {name for name, value in delta.items() if name != "type" and value is not None}
        if kind == "citations_delta" and "citation" in delta:
            self._begun = {"type": "text", "text": "", **self._begun}
            self._citations.append(delta["citation"])
            left.discard("citation")
        elif kind in _TEXTS:
            left -= self._take_texts(*_TEXTS[kind], delta)
        if kind == "thinking_delta" and isinstance(delta.get("estimated_tokens"), int):
            self._estimated += delta["estimated_tokens"]
            left.discard("estimated_tokens")
        return kind in DELTAS and not left

    def _take_texts(self, kind: str, fields: dict[str, str], delta: dict[str, Any]) -> set[str]:
        self._begun.setdefault("type", kind)
        taken = {source for source in fields if isinstance(delta.get(source), str)}
        for source in taken:
            self._texts.setdefault(fields[source], []).append(delta[source])
        return taken

    def built(self) -> dict[str, Any]:
        """Give the block as a whole answer would hold it, or as far as it came."""
        block = {**self._begun}
        for field, pieces in self._texts.items():
            text = "".join(pieces)
            if field == "input":
                # Nothing streamed leaves the input as the block began.
                block[field] = parsed_event(text) if text else block.get(field)
            else:
                begun = block.get(field)
                block[field] = (begun if isinstance(begun, str) else "") + text
        if self._citations:
            begun = block.get("citations")
            block["citations"] = [*(begun if isinstance(begun, list) else []), *self._citations]
        if self._estimated:
            block["estimated_tokens"] = self._estimated
        return block


class Answer:
    """What the events of one answer tell together."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.message: dict[str, Any] = {}
        """Its fields but the content, as told last."""
        self.parts: list[StreamedPart] = []
        self.errors: list[Any] = []
        self.shown: dict[str, list[Any]] = {}
        """Events to be shown each by itself, by type."""
        self.ended = False
        self._by_index: dict[int, StreamedPart] = {}

    def add(self, name: str, event: Any) -> None:
        """Take one event: its name in the stream, and its data."""
        kind = event.get("type") if isinstance(event, dict) else None
        kind = kind if isinstance(kind, str) else name
        self.counts[kind] += 1
        if event == "[DONE]" or (kind == "ping" and not event):
            return  # gateways of other APIs' makers end every stream with this
        if not self._understood(kind, event if isinstance(event, dict) else {"error": event}):
            self.shown.setdefault(kind, []).append(event)

    @property
    def known(self) -> bool:
        """Tell whether any event was one of this API's."""
        return any(kind in EVENTS for kind in self.counts)

    def _understood(self, kind: str, event: dict[str, Any]) -> bool:
        """Take in an event; False when it has to be shown by itself."""
        match kind, event:
            case "ping", _:
                return not set(event) - {"type"}
            case "error", _:
                self.errors.append(event)
                self.ended = True
            case "message_start", {"message": dict(message)}:
                self._tell(message, "content")
                self._begin_all(message.get("content"))
                self._tell(event, "type", "message")
            case "message_delta", {"delta": dict(delta)}:
                self._tell(delta)
                self._tell(event, "type", "delta")
            case "message_stop", _:
                self.ended = True
                self._tell(event, "type")
            case "content_block_start", {"content_block": dict(block)}:
                self._begin(event.get("index"), block)
                return not set(event) - {"type", "index", "content_block"}
            case "content_block_delta", {"delta": dict(delta)}:
                return self._part(event).take(delta) and not set(event) - {"type", "index", "delta"}
            case "content_block_stop", _ if self.parts:
                self._part(event).stopped = True
                return not set(event) - {"type", "index"}
            case _:
                return False
        return True

    def _tell(self, fields: dict[str, Any], *but: str) -> None:
        """Take fields of the message: what comes later counts, and what is not told leaves what was."""
        for name, value in fields.items():
            if name == "usage" and isinstance(value, dict):
                told = {one: number for one, number in value.items() if number is not None}
                before = self.message.get("usage")
                self.message["usage"] = {**(before if isinstance(before, dict) else {}), **told}
            elif value is not None and name not in but:
                self.message[name] = value

    def _begin_all(self, content: Any) -> None:
        """Take content that the message has from its begin."""
        for index, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, dict):
                self._begin(index, block)
                self.parts[-1].stopped = True

    def _begin(self, index: Any, block: dict[str, Any]) -> None:
        part = StreamedPart({**block})
        self.parts.append(part)
        if isinstance(index, int):
            self._by_index[index] = part

    def _part(self, event: dict[str, Any]) -> StreamedPart:
        """Find the block that an event is about; one that never began, or has no number, is the latest one."""
        index = event.get("index")
        if isinstance(index, int):
            if index not in self._by_index:
                self._begin(index, {})
            return self._by_index[index]
        if not self.parts:
            self._begin(None, {})
        return self.parts[-1]
