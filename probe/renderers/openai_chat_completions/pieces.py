"""Putting together what a stream has in pieces: texts are joined, everything else is kept as it came."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


class Pieces:
    """An object whose fields come in pieces."""

    def __init__(self, joined: Collection[str]) -> None:
        self._joined = joined
        self._texts: dict[str, list[str]] = {}
        self._others: dict[str, list[Any]] = {}

    def add(self, fields: dict[str, Any]) -> None:
        """Add what one event has of it."""
        for name, value in fields.items():
            if name in self._joined and isinstance(value, str):
                self._texts.setdefault(name, []).append(value)
            # Nulls and empty texts only stand for what comes in other events; repetitions say nothing.
            elif value not in (None, "") and (name not in self._others or self._others[name][-1] != value):
                self._others.setdefault(name, []).append(value)

    def get(self, name: str) -> Any:
        """Return a field as far as it came; None where it did not."""
        texts = ["".join(self._texts[name])] if name in self._texts else []
        values = [*texts, *self._others.get(name, ())]
        return values[0] if len(values) == 1 else values or None

    def last(self, name: str) -> Any:
        """Return the last value of a field that is not joined; None where there is none."""
        return self._others[name][-1] if name in self._others else None

    def built(self) -> dict[str, Any]:
        """Return the object as far as it came; a field with several values has a list of them."""
        return {name: self.get(name) for name in dict.fromkeys([*self._texts, *self._others])}


def joined_parts(content: list[Any]) -> Any:
    """Return content that came in pieces: one text, or parts in which consecutive texts are one."""
    if all(isinstance(piece, str) for piece in content):
        return "".join(content)
    parts: list[dict[str, Any] | Any] = []
    held: list[Any] = []
    kind: str | None = None
    for piece in content:
        part = {"type": "text", "text": piece} if isinstance(piece, str) else piece
        of = _mergeable(part)
        if held and of != kind:
            parts.append(_merged(kind, held))
            held = []
        kind = of
        if of:
            held.append(part)
        else:
            parts.append(part)
    return [*parts, _merged(kind, held)] if held else parts


def _mergeable(part: Any) -> str | None:
    """Return the type of a part that goes on in the next one of its type."""
    if not isinstance(part, dict) or len(part) != 2:
        return None
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        return "text"
    return "thinking" if part.get("type") == "thinking" and isinstance(part.get("thinking"), list) else None


def _merged(kind: str | None, parts: list[Any]) -> dict[str, Any]:
    if kind == "text":
        return {"type": "text", "text": "".join(part["text"] for part in parts)}
    return {"type": "thinking", "thinking": [text for part in parts for text in part["thinking"]]}
