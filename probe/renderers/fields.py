"""Read an object of the wire and remember what was read: everything else is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from probe.renderers.blocks import Block, Settings, Unknown

Array = list[Any]
_T = TypeVar("_T")
_EMPTY: tuple[Any, ...] = (None, [], {}, "")


class Fields:
    """One JSON object while it is rendered.

    A typed reader (`text`, `number`, …) takes a field only when the value has that type, and returns None otherwise:
    the odd value stays, and is yielded by `unknown`.
    """

    __slots__ = ("_left", "_value")

    def __init__(self, value: Any) -> None:
        self._value: Mapping[str, Any] = value if isinstance(value, dict) else {}
        self._left = dict(self._value)

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def peek(self, name: str) -> Any:
        """Return a value without taking it; None where there is none."""
        return self._value.get(name)

    def take(self, name: str) -> Any:
        """Take a field whatever its type; the caller shows all of it."""
        return self._left.pop(name, None)

    def text(self, name: str) -> str | None:
        """Take a string."""
        return self._typed(name, str)

    def flag(self, name: str) -> bool | None:
        """Take a boolean."""
        return self._typed(name, bool)

    def number(self, name: str) -> int | None:
        """Take an integer."""
        return None if isinstance(self._value.get(name), bool) else self._typed(name, int)

    def list(self, name: str) -> Array | None:
        """Take an array."""
        return self._typed(name, list)

    def object(self, name: str) -> dict[str, Any] | None:
        """Take an object."""
        return self._typed(name, dict)

    def drop(self, name: str, *values: Any) -> None:
        """Take a field if it has one of these values, which carry no information."""
        left = self._left.get(name, self)
        if any(left == value and type(left) is type(value) for value in values):
            del self._left[name]

    def details(self, *names: str) -> Iterator[Block]:
        """Take known fields that have no block of their own, and yield them by name and value, but for empty ones."""
        left = self._left
        shown = [(name, value) for name in names if name in left and (value := left.pop(name)) not in _EMPTY]
        if shown:
            yield Settings(pairs=tuple(shown))

    def unknown(self) -> Iterator[Block]:
        """Take and yield what is left, a block for each field, without empty ones."""
        left, self._left = self._left, {}
        for name, value in left.items():
            if value not in _EMPTY:
                yield Unknown(what=f"field {name!r}", value=value)

    def rest(self, *known: str) -> Iterator[Block]:
        """Take and yield all that is left: the known fields as `details` does, then the unknown ones."""
        yield from self.details(*known)
        yield from self.unknown()

    def _typed(self, name: str, kind: type[_T]) -> _T | None:
        value = self._value.get(name)
        if not isinstance(value, kind):
            return None
        self._left.pop(name, None)
        return value
