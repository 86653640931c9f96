"""The arguments of a function call, whole or streamed in pieces by JSON path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from probe.renderers.gemini_generate_content.names import spelled

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
_DEEPEST = 50
"""Steps of a path that are followed; a schema has a few."""
_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")


def arguments_of(call: dict[str, Any]) -> Any:
    """Return a call's arguments; pieces that do not fit together are returned unchanged."""
    pieces = call.get("partialArgs")
    if not pieces:
        return call.get("args")
    whole = _put_together(pieces) if isinstance(pieces, list) else None
    given = call.get("args")
    if given is None:
        return {"partialArgs": pieces} if whole is None else whole
    if whole is None or not isinstance(given, dict) or whole.keys() & given.keys():
        return {"args": given, "partialArgs": pieces}
    return {**given, **whole}


class _Texts:
    """A text that is still being streamed."""

    def __init__(self) -> None:
        self.pieces: list[str] = []


def _put_together(pieces: Sequence[Any]) -> dict[str, Any] | None:
    """Build the arguments from pieces `{jsonPath, stringValue, willContinue}`; None where one does not fit."""
    whole: dict[str, Any] = {}
    for piece in map(spelled, pieces):
        steps = _steps(piece.get("jsonPath"))
        kinds = [name for name in _VALUES if name in piece]
        if not steps or len(kinds) != 1 or set(piece) - {"jsonPath", "willContinue", *kinds}:
            return None
        value = piece[kinds[0]]
        if kinds[0] == "nullValue" and value == "NULL_VALUE":
            value = None
        if not isinstance(piece.get("willContinue", False), bool) or not _set(whole, steps, value):
            return None
    return {name: _built(value) for name, value in whole.items()}


def _steps(path: Any) -> list[str | int]:
    """Read a JSON path (RFC 9535) of names and indices; empty for any other."""
    if not isinstance(path, str) or not path.startswith("$"):
        return []
    steps: list[str | int] = []
    place = 1
    while place < len(path) and len(steps) < _DEEPEST:
        step = _STEP.match(path, place)
        if step is None:
            return []
        name, index, *quoted = step.groups()
        steps.append(int(index) if index else next(text for text in (name, *quoted) if text is not None))
        place = step.end()
    return steps if place >= len(path) and isinstance(next(iter(steps), None), str) else []


def _set(whole: dict[str, Any], steps: Sequence[str | int], value: Any) -> bool:
    """Put a value where a path leads, after what is there of the same text; False where it cannot be put."""
    holder: Any = whole
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if not _fits(holder, step):
            return False
        there = _at(holder, step)
        if following is None:
            given = _appended(there, value)
            return given is not None and _put(holder, step, given[0])
        if there is None:
            there = {} if isinstance(following, str) else []
            _put(holder, step, there)
        holder = there
    return False


def _fits(holder: Any, step: str | int) -> bool:
    """Check whether something has or may get a place; lists grow by one at a time."""
    if isinstance(step, str):
        return isinstance(holder, dict)
    return isinstance(holder, list) and step <= len(holder)


def _at(holder: Any, step: Any) -> Any:
    return holder.get(step) if isinstance(holder, dict) else holder[step] if step < len(holder) else None


def _appended(there: Any, value: Any) -> tuple[Any] | None:
    """Return the value to put in a place; None where there is something else."""
    if isinstance(value, str):
        texts = there if isinstance(there, _Texts) else _Texts()
        texts.pieces.append(value)
        return (texts,) if there is None or texts is there else None
    return (value,) if there is None else None


def _put(holder: Any, step: Any, value: Any) -> bool:
    if isinstance(holder, list) and step == len(holder):
        holder.append(value)
    else:
        holder[step] = value
    return True


def _built(value: Any) -> Any:
    if isinstance(value, _Texts):
        return "".join(value.pieces)
    if isinstance(value, dict):
        return {name: _built(inner) for name, inner in value.items()}
    return [_built(inner) for inner in value] if isinstance(value, list) else value
