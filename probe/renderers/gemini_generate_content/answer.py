"""Put an answer together from its pieces, however far it came."""

from __future__ import annotations

from typing import Any

from probe.renderers.gemini_generate_content.names import spelled, unwrapped_answer
from probe.renderers.markdown.escape import compact

_KNOWN = frozenset(
    {"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId", "createTime", "modelStatus"}
)
_TEXT = frozenset({"text", "thought", "thoughtSignature"})
_NO_REASON = (None, "", "FINISH_REASON_UNSPECIFIED")


class Values:
    """What pieces tell of fields besides texts: a value that they repeat counts once."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Any]] = {}

    def add(self, name: str, value: Any) -> None:
        """Take a value, unless it says nothing."""
        if value not in (None, [], {}):
            self._values.setdefault(name, {})[compact(value)] = value

    def last(self, name: str) -> Any:
        """Give the value that was told last; None when none was."""
        values = self._values.get(name)
        return list(values.values())[-1] if values else None

    def pairs(self, *used: str) -> tuple[tuple[str, Any], ...]:
        """Give name and value of each field; the values of one that changed as a list."""
        told = ((name, list(values.values())) for name, values in self._values.items() if name not in used)
        return tuple(
            (name, values[0]) if len(values) == 1 else (f"{name} ({len(values)} values)", values)
            for name, values in told
        )


class _Part:
    """A part while its pieces arrive."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        self._call = spelled(fields.get("functionCall"))
        self._texts: list[str] = [fields["text"]] if isinstance(fields.get("text"), str) else []
        self._arguments: list[Any] = _listed(self._call.get("partialArgs"))

    def takes(self, fields: dict[str, Any]) -> bool:
        """Take in what a piece says further of this part; False when it begins another one."""
        if not fields:
            return False
        if self._is_same_text(fields):
            self._texts.append(fields["text"])
        elif self._is_same_call(fields):
            call = spelled(fields["functionCall"])
            self._arguments += _listed(call.pop("partialArgs", None))
            told = {name: value for name, value in call.items() if value not in (None, "")}
            # The last piece says nothing but that: it is empty.
            self._call = {**self._call, "willContinue": None, **told}
        else:
            return False
        self._fields |= fields
        return True

    def built(self) -> dict[str, Any]:
        """Give the part as a whole answer would have it."""
        fields = {**self._fields, "text": "".join(self._texts)} if self._texts else self._fields
        if self._call:
            arguments = {"partialArgs": self._arguments} if self._arguments else {}
            fields = {**fields, "functionCall": {**self._call, **arguments}}
        return fields

    def _is_same_text(self, fields: dict[str, Any]) -> bool:
        # A signature belongs to the text before it, so it ends a part.
        return (
            bool(self._texts)
            and isinstance(fields.get("text"), str)
            and set(fields) | set(self._fields) <= _TEXT
            and (fields.get("thought") is True) == (self._fields.get("thought") is True)
            and not self._fields.get("thoughtSignature")
        )

    def _is_same_call(self, fields: dict[str, Any]) -> bool:
        call = fields.get("functionCall")
        if not isinstance(call, dict) or self._call.get("willContinue") is not True:
            return False
        return call.get("name") in (None, "", self._call.get("name"))


class Candidate:
    """One of the answers that the model gives."""

    def __init__(self) -> None:
        self.values = Values()
        self._parts: list[_Part | Any] = []

    @property
    def finish_reason(self) -> Any:
        """Give why it ended; None while it goes on."""
        reason = self.values.last("finishReason")
        return None if reason in _NO_REASON else reason

    def add(self, fields: dict[str, Any]) -> None:
        """Take what a piece says of it."""
        for name, value in fields.items():
            if name == "content" and isinstance(value, dict):
                self._content(value)
            elif name != "index":
                self.values.add(name, value)

    def parts(self) -> list[Any]:
        """Give its parts, streamed texts joined."""
        return [part.built() if isinstance(part, _Part) else part for part in self._parts]

    def _content(self, content: dict[str, Any]) -> None:
        for name, value in content.items():
            if name == "parts" and isinstance(value, list):
                for number, part in enumerate(value):
                    self._part(part, may_go_on=number == 0)
            elif (name, value) != ("role", "model"):
                self.values.add(name, value)

    def _part(self, part: Any, *, may_go_on: bool) -> None:
        fields, latest = spelled(part), self._parts[-1] if self._parts else None
        if may_go_on and isinstance(latest, _Part) and (latest.takes(fields) or fields == {"text": ""}):
            return
        self._parts.append(_Part(fields) if fields else part)


class Answer:
    """What the pieces of one answer tell together."""

    def __init__(self) -> None:
        self.candidates: dict[Any, Candidate] = {}
        self.values = Values()
        self.feedback: dict[str, Any] = {}
        self.usage: dict[str, Any] = {}
        self.errors: list[Any] = []
        self.odd: list[Any] = []
        """Pieces that are none of this API's."""
        self.known = False
        """True as soon as one piece was this API's."""

    @property
    def ended(self) -> bool:
        """Tell whether the API itself said that the answer is over."""
        if self.errors or self.feedback.get("blockReason"):
            return True
        return bool(self.candidates) and all(one.finish_reason for one in self.candidates.values())

    def add(self, piece: Any) -> None:
        """Take one piece."""
        fields, around = unwrapped_answer(piece)
        ours = _KNOWN.intersection(fields) or "error" in fields or (around and "traceId" in around)
        if not ours:
            if piece not in ("", "[DONE]", {}):
                self.odd.append(piece)
            return
        self.known = True
        for name, value in (*around.items(), *fields.items()):
            self._take(name, value)

    def _take(self, name: str, value: Any) -> None:
        match name, value:
            case "candidates", list():
                for number, candidate in enumerate(value):
                    self._candidate(number, candidate)
            case "usageMetadata", dict():
                # The last number counts: some pieces say less than those before them.
                self.usage |= {name: told for name, told in spelled(value).items() if told is not None}
            case "promptFeedback", dict():
                self.feedback |= spelled(value)
            case "error", _ if value:
                self.errors.append(value)
            case _:
                self.values.add(name, value)

    def _candidate(self, number: int, candidate: Any) -> None:
        fields = spelled(candidate)
        if not fields and candidate != {}:
            self.values.add("candidate", candidate)
            return
        index = fields.get("index")
        key = index if isinstance(index, int | str) else number
        self.candidates.setdefault(key, Candidate()).add(fields)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]
