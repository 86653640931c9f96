"""The distinct items of requests: each is read and made into blocks once, however often it is sent."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import msgspec

from probe.renderers.api import Api, Item, Kind
from probe.renderers.blocks import Block
from probe.renderers.safely import safely
from probe.trace.features import Features, features_of
from probe.trace.shapes import Shape, Structure, shape_of
from probe.trace.unknowns import Unknowns, unknown_names


@dataclass(slots=True, kw_only=True)
class Known:
    """One distinct item. Its content is not kept, only what is known of it."""

    number: int
    """In the order of first appearance."""
    kind: Kind
    name: str
    api: str
    at: str
    """Where it is in a body: `messages[]`."""
    sha256: str
    size: int
    """Bytes of its JSON."""
    canonical: int
    """Equal for items that are the same but for what moves from call to call."""
    shape: Shape
    features: Features
    uses: int = 0
    failed: str | None = None
    """Why the renderer could not read it; None where it could."""
    unknown: tuple[str, ...] = ()
    """What was not understood of it."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return what is the same for equal items in any part of a record."""
        return self.api, self.at, self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item at its first appearance: the only time that its content is at hand."""

    known: Known
    blocks: tuple[Block, ...]
    value: Any


class Items:
    """Knows every distinct item by its bytes."""

    def __init__(self, unknowns: Unknowns) -> None:
        self.known: list[Known] = []
        self.new: list[NewItem] = []
        """Those that appeared since `take_new` was last called."""
        self._numbers: dict[tuple[Hashable, ...], dict[tuple[Hashable, ...], int]] = {}
        """By API and place: the number of each item, by its key in this process."""
        self._digests: dict[tuple[str, str, str], int] = {}
        """By API, place and hash."""
        self._unknowns = unknowns

    def add(self, api: Api, item: Item, prefix: str = "") -> Known:
        """Return an item, known or new, and count its use; `prefix` is put before its place in the structure."""
        numbers = self._numbers.setdefault((api.name, prefix, item.at, item.place is None), {})
        key = item.json.key
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = self._add(api, item, prefix)
        known = self.known[number]
        known.uses += 1
        return known

    def take_new(self) -> list[NewItem]:
        """Return the items that are new since the last call, and let go of their content."""
        new, self.new = self.new, []
        return new

    def merge(self, other: Items) -> list[int]:
        """Add the items of another part of the record; return the number here of each of them."""
        moved = []
        repeated: list[str] = []
        for one in other.known:
            number = self._digests.get(one.identity)
            if number is None:
                number = self._digests[one.identity] = len(self.known)
                self.known.append(replace(one, number=number))
            else:
                self.known[number].uses += one.uses
                repeated += one.unknown
            moved.append(number)
        self._unknowns.merge(other._unknowns, repeated)
        return moved

    def add_to(self, structure: Structure) -> None:
        """Count the shapes of all items as often as they were sent."""
        for known in self.known:
            structure.add(known.at, known.shape, known.uses)

    def _add(self, api: Api, item: Item, prefix: str) -> int:
        at = prefix + (item.at if item.place is None else f"{item.at}[]")
        digest = sha256(item.json.raw).hexdigest()
        number = self._digests.get((api.name, at, digest))
        if number is not None:
            return number
        value = item.json.value
        blocks, failed = safely(lambda: tuple(api.item_blocks(item.kind, item.name, value)))
        made = blocks or ()
        known = Known(
            number=len(self.known),
            kind=item.kind,
            name=item.name,
            api=api.name,
            at=at,
            sha256=digest,
            size=len(item.json.raw),
            canonical=canonical_of(api, item.kind, value),
            shape=shape_of(value),
            features=features_of(item.kind, made),
            failed=failed,
            unknown=tuple(unknown_names(made)),
        )
        self._unknowns.counts.update(known.unknown)
        self._digests[known.identity] = known.number
        self.known.append(known)
        self.new.append(NewItem(known=known, blocks=made, value=value))
        return known.number


def canonical_of(api: Api, kind: Kind, value: Any) -> int:
    """Return a number that equal items share, in any run; one that its renderer cannot compare equals itself alone."""
    canonical, failed = safely(lambda: api.canonical(kind, value))
    digest = sha256(f"{kind}:".encode() + _encoded(value if failed else canonical)).digest()
    return int.from_bytes(digest[:8], "big")


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value, order="deterministic")
    except (UnicodeEncodeError, RecursionError):
        # A lone surrogate, which has no UTF-8 form.
        return repr(value).encode("utf-8", "backslashreplace")
