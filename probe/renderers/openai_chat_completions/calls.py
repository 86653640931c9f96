"""Put the tool calls of a streamed answer together."""

from __future__ import annotations

from typing import Any

from probe.renderers.openai_chat_completions.pieces import Pieces

CALLED = ("function", "custom")
"""Where a call tells what it calls, by its type."""


class Called:
    """What a call calls: a name, and arguments that come in pieces."""

    def __init__(self) -> None:
        self._pieces = Pieces(("name", "arguments", "input"))
        self._name_length = 0

    def add(self, fields: dict[str, Any]) -> None:
        """Take what one delta has of it; some providers tell the whole name in each."""
        name = fields.get("name")
        if isinstance(name, str):
            # Compared only where it can be the same: to join a name of many pieces each time would take ever longer.
            if name and len(name) == self._name_length and name == self._pieces.get("name"):
                fields = {field: value for field, value in fields.items() if field != "name"}
            else:
                self._name_length += len(name)
        self._pieces.add(fields)

    @property
    def is_named(self) -> bool:
        """Tell whether its name was told."""
        return self._name_length > 0

    def built(self) -> dict[str, Any]:
        """Give it as far as it was told."""
        return self._pieces.built()


class Call:
    """One of the `tool_calls`."""

    def __init__(self) -> None:
        self._fields = Pieces(())
        self._called: dict[str, Called] = {}

    def add(self, piece: dict[str, Any]) -> None:
        """Take what one delta has of it."""
        called = {kind: piece[kind] for kind in CALLED if isinstance(piece.get(kind), dict)}
        for kind, fields in called.items():
            self._called.setdefault(kind, Called()).add(fields)
        self._fields.add({name: value for name, value in piece.items() if name not in called and name != "index"})

    @property
    def has_id(self) -> bool:
        """Tell whether its id was told."""
        return self._fields.last("id") is not None

    @property
    def is_named(self) -> bool:
        """Tell whether the name of its tool was told."""
        return any(called.is_named for called in self._called.values())

    def built(self) -> dict[str, Any]:
        """Give it as far as it was told."""
        return {**self._fields.built(), **{kind: called.built() for kind, called in self._called.items()}}


class Calls:
    """The calls of one choice, each found again by what a provider tells of it: place, id, or nothing."""

    def __init__(self) -> None:
        self._all: list[Call] = []
        self._by_index: dict[int, Call] = {}
        self._by_id: dict[str, Call] = {}
        self._latest: Call | None = None

    def add(self, piece: dict[str, Any]) -> None:
        """Take what one delta has of a call."""
        index, name = piece.get("index"), piece.get("id") or None
        call = self._found(index, name, piece)
        if call is None:
            call = Call()
            self._all.append(call)
        call.add(piece)
        self._latest = call
        if isinstance(index, int):
            self._by_index[index] = call
        if isinstance(name, str):
            self._by_id[name] = call

    def built(self) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Give the calls as far as they were told, and the one that was told of last."""
        built = [call.built() for call in self._all]
        latest = [one for one, call in zip(built, self._all, strict=True) if call is self._latest]
        return built, latest[0] if latest else None

    def _found(self, index: Any, name: Any, piece: dict[str, Any]) -> Call | None:
        """Find the call that a delta goes on with; None where it begins one."""
        if isinstance(name, str) and name in self._by_id:
            return self._by_id[name]
        numbered = isinstance(index, int)
        call = self._by_index.get(index) if numbered else self._latest
        if call is None:
            return None
        # An id that is new where another stood: some providers give all parallel calls the same place.
        another = call.has_id if name is not None else not numbered and call.is_named and _names(piece)
        return None if another else call


def _names(piece: dict[str, Any]) -> bool:
    return any(isinstance(piece.get(kind), dict) and piece[kind].get("name") for kind in CALLED)
