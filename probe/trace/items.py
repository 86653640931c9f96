"""The distinct items of requests: each is read and made into blocks once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import msgspec

from probe.renderers.api import Api, Item, Kind
from probe.renderers.blocks import Block
from probe.renderers.safely import safely
from probe.trace.features import Features, features_of
from probe.trace.shapes import Shape, Structure, shape_of
from probe.trace.unknowns import Unknowns


@dataclass(slots=True, kw_only=True)
class Known:
    """One distinct item. Its content is not kept, only what is known of it."""

    number: int
    """In the order of first appearance."""
    kind: Kind
    name: str
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
        self._numbers: dict[tuple[str, str, bool, int, int], int] = {}
        self._unknowns = unknowns

    def add(self, api: Api, item: Item, prefix: str = "") -> Known:
        """Return an item, known or new, and count its use; `prefix` is put before its place in the structure."""
        raw = item.json.raw
        # Python's hash of bytes is keyed by a secret of this process: nobody can make two that are alike.
        key = (api.name + prefix, item.at, item.place is None, len(raw), hash(raw))
        number = self._numbers.get(key)
        known = self.known[number] if number is not None else self._add(key, api, item, prefix)
        known.uses += 1
        return known

    def take_new(self) -> list[NewItem]:
        """Return the items that are new since the last call, and let go of their content."""
        new, self.new = self.new, []
        return new

    def merge(self, other: Items) -> list[int]:
        """Add the items of another part of the record; return the number here of each of them."""
        numbers = {(one.at, one.sha256): one.number for one in self.known}
        moved = []
        for one in other.known:
            number = numbers.get((one.at, one.sha256))
            if number is None:
                number = len(self.known)
                self.known.append(replace(one, number=number))
            else:
                self.known[number].uses += one.uses
            moved.append(number)
        return moved

    def add_to(self, structure: Structure) -> None:
        """Count the shapes of all items as often as they were sent."""
        for known in self.known:
            structure.add(known.at, known.shape, known.uses)

    def _add(self, key: tuple[str, str, bool, int, int], api: Api, item: Item, prefix: str) -> Known:
        value = item.json.value
        blocks, failed = safely(lambda: tuple(api.item_blocks(item.kind, item.name, value)))
        made = blocks or ()
        known = Known(
            number=len(self.known),
            kind=item.kind,
            name=item.name,
            at=prefix + (item.at if item.place is None else f"{item.at}[]"),
            sha256=sha256(item.json.raw).hexdigest(),
            size=len(item.json.raw),
            canonical=canonical_of(api, item.kind, value),
            shape=shape_of(value),
            features=features_of(item.kind, made),
            failed=failed,
        )
        self._unknowns.add(made)
        self._numbers[key] = known.number
        self.known.append(known)
        self.new.append(NewItem(known=known, blocks=made, value=value))
        return known


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
