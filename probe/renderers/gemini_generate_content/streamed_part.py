"""Putting the parts of a candidate and its other fields together, while their pieces arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.api import EventSource, Source
from probe.renderers.blocks import Block, Settings, Unknown
from probe.renderers.gemini_generate_content.names import spelled

_TEXT = frozenset({"text", "thought", "thoughtSignature"})
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Values:
    """What pieces have in fields besides texts: a value that they repeat counts once."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Any]] = {}

    def add(self, name: str, value: Any) -> None:
        """Add a value, unless it says nothing."""
        if value not in _EMPTY:
            self._values.setdefault(name, {})[repr(value)] = value

    def last(self, name: str) -> Any:
        """Return the last value of a field; None where there is none."""
        values = self._values.get(name)
        return list(values.values())[-1] if values else None

    def blocks(self, known: frozenset[str], *shown: str) -> Iterator[Block]:
        """Yield all fields but those that are shown otherwise; of one that changed, all values."""
        pairs = []
        for name, values in self._values.items():
            if len(values) > 1:
                pairs.append((name, f"{name} ({len(values)} values)", list(values.values())))
            elif name not in shown:
                pairs.append((name, name, next(iter(values.values()))))
        if settings := tuple((title, value) for name, title, value in pairs if name in known or name in shown):
            yield Settings(pairs=settings)
        for name, _, value in pairs:
            if name not in known and name not in shown:
                yield Unknown(what=f"field {name!r}", value=value)


class StreamedPart:
    """A part while its pieces arrive."""

    def __init__(self, part: Any, source: Source) -> None:
        self.source = source
        self._whole = part
        self._fields = spelled(part)
        self._call = spelled(self._fields.get("functionCall"))
        self._texts: list[str] = [self._fields["text"]] if isinstance(self._fields.get("text"), str) else []
        self._arguments = _listed(self._call.get("partialArgs"))

    def takes(self, fields: dict[str, Any], source: Source) -> bool:
        """Add what a piece has further of this part; False when it begins another one."""
        if self._is_same_text(fields):
            self._texts.append(fields["text"])
        elif self._is_same_call(fields):
            call = spelled(fields["functionCall"])
            self._arguments += _listed(call.pop("partialArgs", None))
            more = {name: value for name, value in call.items() if value not in (None, "")}
            # The last piece says nothing but that: it is empty.
            self._call = {**self._call, "willContinue": None, **more}
        else:
            return False
        self._fields = {**self._fields, **fields}
        if isinstance(self.source, EventSource) and isinstance(source, EventSource):
            self.source = EventSource(self.source.first, source.last)
        return True

    def built(self) -> Any:
        """Return the part as a whole answer would have it."""
        if not self._fields:
            return self._whole
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
            and fields.keys() | self._fields.keys() <= _TEXT
            and fields.get("thought", False) is self._fields.get("thought", False)
            and not self._fields.get("thoughtSignature")
        )

    def _is_same_call(self, fields: dict[str, Any]) -> bool:
        call = spelled(fields.get("functionCall"))
        if not isinstance(fields.get("functionCall"), dict) or self._call.get("willContinue") is not True:
            return False
        if any(call.get(name) not in (None, "", self._call.get(name)) for name in ("name", "id")):
            return False
        others = call.keys() | self._call.keys()
        return others <= {"name", "id", "willContinue", "partialArgs"} and not self._fields.keys() & fields.keys() - {
            "functionCall"
        }


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]
