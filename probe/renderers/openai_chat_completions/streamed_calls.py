"""Putting the tool calls of a streamed answer together."""

from __future__ import annotations

from typing import Any

from probe.renderers.openai_chat_completions.pieces import Pieces

CALLED = ("function", "custom")
"""Where a call has what it calls, by its type."""


class Called:
    """What a call calls: a name, and arguments that come in pieces."""

    def __init__(self) -> None:
        self._pieces = Pieces(("name", "arguments", "input"))
        self._name_length = 0

    def add(self, fields: dict[str, Any]) -> None:
        """Add what one delta has of it; some providers repeat the whole name in each."""
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
        """Check whether its name came."""
        return self._name_length > 0

    def built(self) -> dict[str, Any]:
        """Return it as far as it came."""
        return self._pieces.built()


class Call:
    """One of the `tool_calls`."""

    def __init__(self, place: int) -> None:
        self.place = place
        self._fields = Pieces(())
        self._called: dict[str, Called] = {}

    def add(self, piece: dict[str, Any]) -> None:
        """Add what one delta has of it."""
        called = {kind: piece[kind] for kind in CALLED if isinstance(piece.get(kind), dict)}
        for kind, fields in called.items():
            self._called.setdefault(kind, Called()).add(fields)
        left = {name: value for name, value in piece.items() if name not in called}
        if isinstance(left.get("index"), int):
            del left["index"]  # the place
        self._fields.add(left)

    @property
    def has_id(self) -> bool:
        """Check whether its id came."""
        return self._fields.last("id") is not None

    @property
    def is_named(self) -> bool:
        """Check whether the name of its tool came."""
        return any(called.is_named for called in self._called.values())

    def built(self) -> dict[str, Any]:
        """Return it as far as it came."""
        built = self._fields.built()
        for kind, called in self._called.items():
            # What is no object is no part of what is called.
            built[kind] = [built[kind], called.built()] if kind in built else called.built()
        return built


class Calls:
    """The calls of one choice, each found again by what a provider sends of it: place, id, or nothing."""

    def __init__(self) -> None:
        self._all: list[Call] = []
        self._by_index: dict[int, Call] = {}
        self._by_id: dict[str, Call] = {}
        self._latest: Call | None = None

    def add(self, piece: dict[str, Any]) -> int:
        """Add what one delta has of a call, and return the call's place."""
        index, name = piece.get("index"), piece.get("id") or None
        call = self._found(index, name, piece)
        if call is None:
            call = Call(len(self._all))
            self._all.append(call)
        call.add(piece)
        self._latest = call
        if isinstance(index, int):
            self._by_index[index] = call
        if isinstance(name, str):
            self._by_id[name] = call
        return call.place

    def built(self) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Return the calls as far as they came, and the one that came last."""
        built = [call.built() for call in self._all]
        latest = [one for one, call in zip(built, self._all, strict=True) if call is self._latest]
        return built, latest[0] if latest else None

    def _found(self, index: Any, name: Any, piece: dict[str, Any]) -> Call | None:
        """Return the call that a delta goes on with; None where it begins one."""
        if isinstance(name, str) and name in self._by_id:
            return self._by_id[name]
        numbered = isinstance(index, int)
        call = self._by_index.get(index) if numbered else self._latest
        if call is None:
            return None
        # A new id where there was another: some providers give all parallel calls the same place.
        another = call.has_id if name is not None else not numbered and call.is_named and _names(piece)
        return None if another else call


def _names(piece: dict[str, Any]) -> bool:
    return any(isinstance(piece.get(kind), dict) and piece[kind].get("name") for kind in CALLED)
