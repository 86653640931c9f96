"""Values that change from version to version, so that each client gets those alone that it does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from a version that a client has."""

    length: int
    """How many values there are now; a client drops those after them."""
    values: Mapping[str, msgspec.Raw]
    """New and changed ones by place: JSON has no other keys than texts."""


class VersionedList:
    """JSON values by place, each with the version in which it changed last."""

    def __init__(self) -> None:
        self._values: list[bytes] = []
        self._changed: list[int] = []

    def update(self, values: Iterable[bytes], version: int) -> None:
        """Replace all values; those that are equal keep their version."""
        new = list(values)
        same = zip(self._values, new, self._changed, strict=False)
        changed = [known if old == value else version for old, value, known in same]
        self._changed = changed + [version] * (len(new) - len(changed))
        self._values = new

    def since(self, version: int) -> Changes:
        """Return what has changed after a version; everything after version 0."""
        places = (place for place, changed in enumerate(self._changed) if changed > version)
        return Changes(
            length=len(self._values), values={str(place): msgspec.Raw(self._values[place]) for place in places}
        )
