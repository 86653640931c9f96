"""Put an answer together from its pieces, even if some are missing."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import EventSource, Source
from probe.renderers.gemini_generate_content.names import spelled, unwrapped_answer
from probe.renderers.gemini_generate_content.streamed_part import StreamedPart, Values

_KNOWN = frozenset(
    {"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId", "createTime", "modelStatus"}
)
_NO_REASON = (None, "", "FINISH_REASON_UNSPECIFIED")


class MadeCandidate:
    """One of the model's answers."""

    def __init__(self) -> None:
        self.values = Values()
        self.parts: list[StreamedPart] = []

    @property
    def finish_reason(self) -> Any:
        """Return why it ended; None before its end."""
        reason = self.values.last("finishReason")
        return None if reason in _NO_REASON else reason

    def add(self, fields: dict[str, Any], source: Source) -> None:
        """Add what a piece has of it."""
        for name, value in fields.items():
            if name == "content" and isinstance(value, dict):
                self._content(value, source)
            elif name != "index" or not isinstance(value, int | str):
                self.values.add(name, value)

    def _content(self, content: dict[str, Any], source: Source) -> None:
        for name, value in content.items():
            if name == "parts" and isinstance(value, list):
                for number, part in enumerate(value):
                    place = source if isinstance(source, EventSource) else f"{source}.content.parts[{number}]"
                    self._part(part, place, may_go_on=number == 0)
            elif (name, value) != ("role", "model"):
                self.values.add(name, value)

    def _part(self, part: Any, source: Source, *, may_go_on: bool) -> None:
        fields = spelled(part)
        if fields and may_go_on and self.parts and (self.parts[-1].takes(fields, source) or fields == {"text": ""}):
            return
        self.parts.append(StreamedPart(part, source))


class MadeAnswer:
    """An answer, collected from its pieces."""

    def __init__(self) -> None:
        self.candidates: dict[int | str, MadeCandidate] = {}
        self.values = Values()
        self.feedback: list[dict[str, Any]] = []
        self.usage: dict[str, Any] = {}
        self.errors: list[Any] = []

    @property
    def block_reason(self) -> Any:
        """Return why the prompt was blocked; None where it was not."""
        return next((found["blockReason"] for found in self.feedback if found.get("blockReason")), None)

    @property
    def ended(self) -> bool:
        """Check whether the API itself ended the answer."""
        if self.errors or self.block_reason:
            return True
        return bool(self.candidates) and all(one.finish_reason for one in self.candidates.values())

    def add(self, piece: Any, source: Source) -> bool:
        """Add one piece; return False if it is not this API's."""
        fields, around = unwrapped_answer(piece)
        if not (_KNOWN.intersection(fields) or "error" in fields or "traceId" in around):
            return False
        for name, value in (*around.items(), *fields.items()):
            self._take(name, value, source)
        return True

    def _take(self, name: str, value: Any, source: Source) -> None:
        match name, value:
            case "candidates", list():
                for number, candidate in enumerate(value):
                    self._candidate(number, candidate, source)
            case "usageMetadata", dict():
                # The last number counts: some pieces have fewer counts than earlier ones.
                self.usage |= {name: count for name, count in spelled(value).items() if count is not None}
            case "promptFeedback", dict():
                if (feedback := spelled(value)) not in self.feedback:
                    self.feedback.append(feedback)
            case "error", _ if value:
                self.errors.append(value)
            case _:
                self.values.add(name, value)

    def _candidate(self, number: int, candidate: Any, source: Source) -> None:
        fields = spelled(candidate)
        if not fields and candidate != {}:
            self.values.add("candidate", candidate)
            return
        index = fields.get("index")
        key = index if isinstance(index, int | str) else number
        place = source if isinstance(source, EventSource) else f"{source}candidates[{number}]"
        self.candidates.setdefault(key, MadeCandidate()).add(fields, place)
